package org.oneshottuner.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Workload;

class NetworkCatalogueTest {
  private static final String LINE = "net\t2\tdense m=1 n=10 k=20 epilogue=bias";

  /**
   * Published by torchvision, but for MobileNet-V1 and EfficientNet-B2's operations (their papers),
   * and DeiT (timm). Here, batch normalisation is folded, and DenseNet's is partly left out.
   */
  @ParameterizedTest
  @CsvSource({
    "alexnet, 0.714, 61.101",
    "vgg-11, 7.609, 132.863",
    "vgg-13, 11.308, 133.048",
    "vgg-16, 15.470, 138.358",
    "vgg-19, 19.632, 143.667",
    "squeezenet-1.0, 0.819, 1.248",
    "squeezenet-1.1, 0.349, 1.235",
    "resnet-18, 1.814, 11.690",
    "resnet-34, 3.664, 21.798",
    "resnext-50-32x4d, 4.230, 25.029",
    "wide-resnet-50-2, 11.398, 68.883",
    "densenet-121, 2.834, 7.979",
    "densenet-169, 3.360, 14.149",
    "densenet-201, 4.291, 20.014",
    "googlenet, 1.498, 6.625",
    "inception-v3, 5.713, 23.835",
    "mobilenet-v1, 0.569, 4.232",
    "mobilenet-v2, 0.301, 3.505",
    "mnasnet-1.0, 0.314, 4.383",
    "shufflenet-v2-1.0, 0.145, 2.279",
    "efficientnet-b0, 0.386, 5.289",
    "efficientnet-b1, 0.687, 7.794",
    "efficientnet-b2, 1.0, 9.110",
    "deit-small, 4.6, 22.051",
  })
  void sumsAreThePublishedOnes(String name, double gigaMultiplyAdds, double megaParameters) {
    Network network = Catalogue.ALL.named(name);
    assertThat(network.flops() / 2e9).isCloseTo(gigaMultiplyAdds, withinPercentage(1));
    assertThat(network.constants() / 1e6).isCloseTo(megaParameters, withinPercentage(1.2));
  }

  /** Encoder layers alone: embeddings, of which a share of parameters is, are look-ups. */
  @ParameterizedTest
  @CsvSource({
    "bert-tiny, 2, 128, 2",
    "bert-small, 4, 512, 8",
    "bert-medium, 8, 512, 8",
    "bert-base, 12, 768, 12",
    "bert-large, 24, 1024, 16",
  })
  void bertsAreAsWideAndDeepAsPublished(String name, int layers, int width, int heads) {
    Network network = Catalogue.ALL.named(name);
    long tokens = 128;
    long perLayer = 12L * width * width * tokens + 2 * tokens * tokens * width;
    long pooler = (long) width * width;
    assertThat(network.flops()).isEqualTo(2 * (layers * perLayer + pooler));
    assertThat(network.constants())
        .isEqualTo(layers * (12L * width * width + 9L * width) + (long) width * width + width);
    Workload scores = Workload.parse("batch_matmul b=" + heads + " m=128 n=128 k=" + width / heads);
    assertThat(network.layers()).contains(new Layer(scores, layers));
  }

  @Test
  void holdsTheClosedList() {
    assertThat(Catalogue.ALL.networks()).hasSize(33);
    assertThat(Catalogue.ALL.only(NetworkCatalogue.HELD_OUT).networks()).hasSize(5);
    assertThat(Catalogue.ALL.without(NetworkCatalogue.HELD_OUT).networks()).hasSize(28);
    assertThat(Catalogue.ALL.workloads()).hasSizeBetween(1150, 1166);
  }

  @Test
  void batchesAndLayoutsAreDerived() {
    Layer conv = new Layer(Workload.parse("conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1"), 4);
    assertThat(conv.atBatch(8).inLayout(Layout.NCHW16C).workload().text())
        .isEqualTo("conv2d n=8 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c");
    Layer depthwise = new Layer(Workload.parse("depthwise_conv2d n=1 c=64 h=9 w=9 r=3 s=3"), 1);
    assertThat(depthwise.atBatch(8).inLayout(Layout.NCHW16C).workload().text())
        .isEqualTo("depthwise_conv2d n=8 c=64 h=9 w=9 r=3 s=3 layout=nchw16c");
    Layer dense = new Layer(Workload.parse("dense m=128 n=512 k=512 epilogue=bias"), 18);
    assertThat(dense.atBatch(8).inLayout(Layout.NCHW16C).workload().text())
        .isEqualTo("dense m=1024 n=512 k=512 epilogue=bias");
    Layer product = new Layer(Workload.parse("batch_matmul b=8 m=128 n=64 k=128"), 6);
    assertThat(product.atBatch(8).workload().text())
        .isEqualTo("batch_matmul b=64 m=128 n=64 k=128");
    Network network = Catalogue.ALL.named("resnet-34");
    assertThat(network.atBatch(8).flops()).isEqualTo(8 * network.flops());
  }

  @Test
  void refusesBadLinesByFileAndNumber(@TempDir Path directory) throws IOException {
    refuses(
        directory,
        "net 1 dense m=1 n=1 k=1",
        "found 1 fields, expected network<TAB>count<TAB>workload");
    refuses(directory, "other\t1\tdense m=1 n=1 k=1", "network is 'other', the file's is net");
    refuses(
        directory,
        "net\t0\tdense m=1 n=1 k=1",
        "count is '0', expected a whole number from 1 to 999999");
    refuses(directory, "net\tx\tdense m=1 n=1 k=1", "count is 'x'");
    refuses(directory, "net\t1\tdense m=1 n=1", "k is missing");
    refuses(directory, "net\t1\tdense n=1 m=1 k=1", "its canonical form is 'dense m=1 n=1 k=1'");
    refuses(
        directory,
        "net\t1\tconv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1 layout=nchw16c",
        "layout is nchw16c, the catalogue's is nchw");
    refuses(directory, "net\t1\tconv2d n=1 c=1 h=2 w=2 k=1 r=3 s=3", "r is 3");
    refuses(directory, LINE, "the operator is listed before");
  }

  private static void refuses(Path directory, String line, String reason) throws IOException {
    Path file = directory.resolve("net.txt");
    Files.writeString(file, "# a network\n" + LINE + "\n" + line + "\n");
    assertThatThrownBy(() -> NetworkCatalogue.read(directory))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read " + file + ":3: ")
        .hasMessageContaining(reason);
  }

  @Test
  void refusesWhatIsNotThere(@TempDir Path directory) throws IOException {
    assertThatThrownBy(() -> NetworkCatalogue.read(directory))
        .hasMessage("Cannot read the network catalogue: no .txt file in " + directory);
    Path none = directory.resolve("none");
    assertThatThrownBy(() -> NetworkCatalogue.read(none))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read the network catalogue in " + none + ": there is no such folder");
    assertThatThrownBy(() -> Catalogue.ALL.mustHave(List.of("resnet-18", "resnet-50")))
        .hasMessageStartingWith("Cannot find network 'resnet-50': known are [alexnet, ");
    Files.writeString(directory.resolve("net.txt"), "# nothing\n");
    assertThatThrownBy(() -> NetworkCatalogue.read(directory))
        .hasMessageContaining("net.txt: it lists no operator");
    assertThatThrownBy(() -> Catalogue.ALL.without(List.of("resnet-50")))
        .hasMessageStartingWith("Cannot find network 'resnet-50': known are [alexnet, ");
  }
}
