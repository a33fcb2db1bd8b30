package org.oneshottuner.predict;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a model and the compiler that serves it must agree on.
 *
 * @param schemaId id of the feature schema
 * @param columns the schema's column names, in order
 * @param spaceFamily version of the templates that spaces and kernels come from
 */
public record Compatibility(String schemaId, List<String> columns, String spaceFamily) {
  /** Copies the list. */
  public Compatibility {
    requireNonNull(schemaId, "schemaId");
    requireNonNull(spaceFamily, "spaceFamily");
    columns = List.copyOf(columns);
    if (columns.isEmpty() || columns.size() > Ensemble.MAX_COLUMNS) {
      throw new IllegalArgumentException(
          "Cannot use schema "
              + schemaId
              + ": it has "
              + columns.size()
              + " columns, expected 1 to "
              + Ensemble.MAX_COLUMNS);
    }
  }
}
