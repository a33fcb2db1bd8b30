package org.oneshottuner.jobs.storage;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What the rows of a table are.
 *
 * @param name the table's name, kept in every manifest
 * @param columns the columns that the data files hold, in order
 * @param partitions columns whose values stand in the names of folders, all strings, after the
 *     others
 */
public record TableFormat(String name, StructType columns, List<String> partitions) {
  /** Checks that names are unique. */
  public TableFormat {
    requireNonNull(name, "name");
    partitions = List.copyOf(partitions);
    Set<String> names = new HashSet<>(List.of(columns.fieldNames()));
    names.addAll(partitions);
    if (names.size() != columns.size() + partitions.size()) {
      throw new IllegalArgumentException(
          "Cannot define table " + name + ": a column is there twice, in " + names);
    }
  }

  /** Returns all columns as a reader sees them: those of the files, then the partitions'. */
  public StructType schema() {
    StructType schema = columns;
    for (String partition : partitions) {
      schema = schema.add(partition, DataTypes.StringType, false);
    }
    return schema;
  }

  /** Returns the columns as they stand in a manifest. */
  List<Commit.Column> described() {
    List<Commit.Column> described = new ArrayList<>();
    for (StructField field : columns.fields()) {
      described.add(new Commit.Column(field.name(), field.dataType().catalogString()));
    }
    return described;
  }
}
