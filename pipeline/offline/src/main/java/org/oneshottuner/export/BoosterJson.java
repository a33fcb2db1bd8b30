package org.oneshottuner.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;

/**
 * Reads the trees out of XGBoost's own JSON model (the document of {@code
 * xgboost/doc/model.schema}), as XGBoost 3.1 writes it. What the frozen form cannot hold is
 * refused: other boosters than {@code gbtree}, categorical splits, vector leaves, objectives that
 * transform the sum of leaves, trees deeper than {@link Tree#MAX_DEPTH}.
 *
 * <p>Numbers are read as the nearest {@code float} to their text, never by way of a {@code double}.
 */
final class BoosterJson {
  private static final Set<String> OBJECTIVES =
      Set.of("rank:pairwise", "rank:ndcg", "rank:map", "reg:squarederror");

  private final JsonParser json;
  private final List<Tree> trees = new ArrayList<>();
  private String objective = "";
  private String booster = "";
  private String baseScore = "";
  private String columns = "";

  private BoosterJson(JsonParser json) {
    this.json = json;
  }

  /**
   * Returns the ensemble in a JSON model.
   *
   * @param model the document, in UTF-8
   * @param schemaId the feature schema that it was trained on
   * @throws IllegalArgumentException if it is no such document, or the frozen form cannot hold it
   */
  static Ensemble read(byte[] model, String schemaId) {
    JsonFactory factory =
        JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
    try (JsonParser json = factory.createParser(model)) {
      BoosterJson reader = new BoosterJson(json);
      expect(json.nextToken(), JsonToken.START_OBJECT, "the document");
      reader.walk("");
      return reader.ensemble(schemaId);
    } catch (IOException e) {
      throw new IllegalArgumentException("Cannot read XGBoost model: " + e.getMessage(), e);
    }
  }

  private Ensemble ensemble(String schemaId) {
    if (!booster.equals("gbtree")) {
      throw refuse("its booster is '" + booster + "', expected gbtree");
    }
    if (!OBJECTIVES.contains(objective)) {
      throw refuse("its objective is '" + objective + "', expected one of " + OBJECTIVES);
    }
    // an array in a string since 3.1, a bare number before
    String base = baseScore.replaceAll("^\\[|\\]$", "");
    if (base.isEmpty() || base.contains(",")) {
      throw refuse("its base score is '" + baseScore + "', expected one number");
    }
    try {
      return Ensemble.of(schemaId, Integer.parseInt(columns), Float.parseFloat(base), trees);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Cannot read XGBoost model: base score '" + base + "' over '" + columns + "' columns", e);
    }
  }

  /** Walks an object, and picks what is wanted by its path. */
  private void walk(String path) throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String at = path + "/" + json.currentName();
      JsonToken value = json.nextToken();
      switch (at) {
        case "/learner",
            "/learner/gradient_booster",
            "/learner/gradient_booster/model",
            "/learner/learner_model_param",
            "/learner/objective" -> {
          expect(value, JsonToken.START_OBJECT, at);
          walk(at);
        }
        case "/learner/gradient_booster/name" -> booster = json.getText();
        case "/learner/objective/name" -> objective = json.getText();
        case "/learner/learner_model_param/base_score" -> baseScore = json.getText();
        case "/learner/learner_model_param/num_feature" -> columns = json.getText();
        case "/learner/gradient_booster/model/trees" -> trees(at);
        default -> json.skipChildren();
      }
    }
  }

  private void trees(String path) throws IOException {
    expect(json.currentToken(), JsonToken.START_ARRAY, path);
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json.currentToken(), JsonToken.START_OBJECT, path);
      trees.add(new Nodes(json, trees.size()).tree());
    }
  }

  private static void expect(JsonToken found, JsonToken expected, String path) {
    if (found != expected) {
      throw refuse(path + " begins with " + found + ", expected " + expected);
    }
  }

  private static IllegalArgumentException refuse(String detail) {
    return new IllegalArgumentException("Cannot read XGBoost model: " + detail);
  }

  /** The arrays of one tree. */
  private static final class Nodes {
    private final int tree;
    private int[] left = {};
    private int[] right = {};
    private int[] columns = {};
    private float[] values = {};
    private int[] missingLeft = {};

    Nodes(JsonParser json, int tree) throws IOException {
      this.tree = tree;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "left_children" -> left = integers(json);
          case "right_children" -> right = integers(json);
          case "split_indices" -> columns = integers(json);
          case "default_left" -> missingLeft = integers(json);
          case "split_conditions" -> values = floats(json);
          case "split_type" -> {
            if (Arrays.stream(integers(json)).anyMatch(type -> type != 0)) {
              throw refuse("tree " + tree + " has a categorical split");
            }
          }
          default -> json.skipChildren();
        }
      }
      for (int length :
          new int[] {right.length, columns.length, values.length, missingLeft.length}) {
        if (length != left.length) {
          throw refuse(
              "tree " + tree + " has arrays of " + left.length + " and " + length + " nodes");
        }
      }
    }

    /** Renumbers the nodes in preorder. */
    Tree tree() {
      int nodes = left.length;
      int[] preorder = new int[nodes];
      int[] pending = new int[nodes + 1];
      int waiting = 1;
      int size = 0;
      while (waiting > 0) {
        int node = pending[--waiting];
        if (node < 0 || node >= nodes || size == nodes) {
          throw refuse("tree " + tree + " leads to node " + node + " of " + nodes);
        }
        preorder[size++] = node;
        if (left[node] != -1) {
          pending[waiting++] = right[node];
          pending[waiting++] = left[node];
        }
      }
      int[] orderedColumns = new int[size];
      float[] orderedValues = new float[size];
      boolean[] orderedDefaults = new boolean[size];
      for (int i = 0; i < size; i++) {
        int node = preorder[i];
        boolean leaf = left[node] == -1;
        orderedColumns[i] = leaf ? Tree.LEAF : columns[node];
        orderedValues[i] = values[node];
        orderedDefaults[i] = !leaf && missingLeft[node] != 0;
      }
      try {
        return Tree.of(orderedColumns, orderedValues, orderedDefaults);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "Cannot read XGBoost model: tree " + tree + ": " + e.getMessage(), e);
      }
    }

    private static int[] integers(JsonParser json) throws IOException {
      int[] numbers = new int[64];
      int size = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        numbers = size == numbers.length ? Arrays.copyOf(numbers, 2 * size) : numbers;
        numbers[size++] =
            switch (json.currentToken()) {
              case VALUE_TRUE -> 1;
              case VALUE_FALSE -> 0;
              default -> json.getIntValue();
            };
      }
      return Arrays.copyOf(numbers, size);
    }

    private static float[] floats(JsonParser json) throws IOException {
      float[] numbers = new float[64];
      int size = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        numbers = size == numbers.length ? Arrays.copyOf(numbers, 2 * size) : numbers;
        numbers[size++] = Float.parseFloat(json.getText());
      }
      return Arrays.copyOf(numbers, size);
    }
  }
}
