package org.oneshottuner.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.oneshottuner.measure.Contender.Product;
import org.oneshottuner.measure.Peer;
import org.oneshottuner.workload.Workload;

/** The libraries that kernels are compared with, and the ways in which each computes a workload. */
enum Rival {
  /** Hand-tuned primitives, just-in-time compiled; the layout is the caller's choice. */
  ONEDNN("onednn", "libdnnl"),
  /** What most people run models with: MLAS kernels behind a graph optimiser. */
  ONNX_RUNTIME("onnxruntime", "libonnxruntime"),
  /** Matrix products alone. */
  OPENBLAS("openblas", "libopenblas");

  /**
   * One way to compute a workload.
   *
   * @param variant as the adapter calls it
   * @param product what a run leaves behind
   */
  record Way(String variant, Product product) {
    static Way whole(String variant) {
      return new Way(variant, Product.OUTPUT);
    }

    static Way part(String variant) {
      return new Way(variant, Product.PART);
    }
  }

  static final String BEST = "best";
  static final String PLAIN = "plain";
  static final String MATMUL = "matmul";
  static final String REORDERS = "reorders";

  private static final String SHARED = "peer.h";
  private static final Set<String> BIAS_AT_MOST = Set.of("none", "bias");

  private final String text;
  private final String library;

  Rival(String text, String library) {
    this.text = text;
    this.library = library;
  }

  /** Returns what a contender is called that computes one of its ways. */
  String contender(String variant) {
    return text + "." + variant;
  }

  /**
   * Returns what its adapter is built from.
   *
   * @throws IllegalArgumentException if its library is not there
   */
  Peer.Source source(PeerFolder folder) {
    String adapter = text + ".c";
    Map<String, String> texts = Map.of(SHARED, resource(SHARED), adapter, resource(adapter));
    return new Peer.Source(text, texts, folder.library(library));
  }

  private static String resource(String name) {
    try (InputStream in = Rival.class.getResourceAsStream("peer/" + name)) {
      if (in == null) {
        throw new IllegalStateException("Cannot read adapter " + name + ": no such resource");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read adapter " + name + ": " + e, e);
    }
  }

  /** Returns every way that may be its fastest, and those that are told apart. */
  List<Way> ways(Workload workload) {
    return switch (this) {
      case ONEDNN -> {
        List<Way> ways = new ArrayList<>(List.of(Way.whole(BEST), Way.whole(PLAIN)));
        boolean dense =
            workload.fold(
                new Workload.Cases<Boolean>(
                    conv -> false, depthwise -> false, product -> true, batch -> false));
        if (dense) {
          ways.add(Way.whole(MATMUL));
        }
        ways.add(Way.part(REORDERS));
        yield ways;
      }
      case ONNX_RUNTIME ->
          workload.fold(
              new Workload.Cases<List<Way>>(
                  conv -> List.of(Way.whole("conv")),
                  depthwise -> List.of(Way.whole("conv")),
                  product -> List.of(Way.whole("gemm"), Way.whole(MATMUL)),
                  batch -> List.of(Way.whole("batch"))));
      case OPENBLAS ->
          workload.fold(
              new Workload.Cases<List<Way>>(
                  conv -> List.of(),
                  depthwise -> List.of(),
                  product -> plain(workload, Way.whole("gemm"), Way.whole("turned")),
                  batch -> plain(workload, Way.whole("gemm"))));
    };
  }

  /** Returns ways that fuse nothing but a bias, where that is all there is. */
  private static List<Way> plain(Workload workload, Way... ways) {
    return BIAS_AT_MOST.contains(workload.epilogue().text()) ? List.of(ways) : List.of();
  }
}
