package dev.gradine.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.bench.gpu.GpuBenchSettings.Layer;
import dev.gradine.bench.gpu.GpuBenchSettings.Repeats;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every work of the bench once, at tiny sizes, on the simulator: what is timed on a GPU is right, and whoever times
/// nothing is found out.
class GpuBenchTest {

    private static final GpuBenchSettings TINY = new GpuBenchSettings(
            new Repeats(0, 1, 1),
            List.of(32, 40),
            24,
            3,
            128,
            5,
            32,
            128,
            List.of(16, 32),
            new Layer(33, 64, 32, 96, 48, 16));

    private static double seconds(Runnable work) {
        long begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) * 1e-9;
    }

    private record Bench(List<String> notes, List<GpuRow> rows, Map<String, Object> peaks) {}

    private static Bench all = new Bench(List.of(), List.of(), Map.of());

    private static GpuRow row(String name) {
        return all.rows().stream()
                .filter(r -> r.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @BeforeAll
    static void run() {
        Simulator gpu = new Simulator();
        List<String> notes = new ArrayList<>();
        List<GpuRow> rows = new ArrayList<>();
        try (CudaKernels run = CudaKernels.open(gpu);
                HostGemm vendor = new HostGemm(gpu)) {
            Torch torch = new Torch(Map.of("add", 1e-3), "");
            GpuBench bench = new GpuBench(TINY, GpuBenchTest::seconds, List.of(vendor), torch);
            bench.run(run, name -> true, notes::add, rows::add);
            all = new Bench(notes, rows, bench.peaks());
        }
    }

    @Test
    void every_work_computes_something() {
        assertThat(all.rows())
                .allSatisfy(r -> assertThat(r.isWrong()).as(r.line()).isFalse());
        assertThat(all.rows())
                .extracting(GpuRow::name)
                .doesNotHaveDuplicates()
                .contains(
                        "gemm tn bf16 40",
                        "gemm nt f32 24",
                        "nf4 gemv",
                        "attention backward hd64 16",
                        "linear + cross-entropy",
                        "linear + cross-entropy, trained",
                        "lora backward 96 to 64",
                        "adamw");
        assertThat(all.peaks()).containsOnlyKeys("copy_gb_s", "copy_by", "product_tflop_s");
        assertThat(all.notes())
                .anyMatch(n -> n.matches("copy on the device: [0-9]+ GB/s read and written, by (a"
                        + " kernel of ours|the driver) \\(the other: [0-9]+\\)"));
        Stream<String> goals =
                all.rows().stream().map(r -> String.valueOf(r.json().get("goal")));
        assertThat(goals)
                .contains(
                        "largest bf16 product",
                        "attention forward, heads of 128",
                        "attention backward, heads of 128",
                        "attention forward, heads of 64",
                        "weights of four bits",
                        "bound by memory",
                        "loss without whole logits",
                        "adapter within the product");
    }

    @Test
    void a_row_says_whom_it_was_compared_with() {
        GpuRow product = row("gemm nn bf16 40");
        assertThat(product.json())
                .containsKey("cublas")
                .containsEntry("goal", "largest bf16 product")
                .containsEntry("floor", 400.0);
        assertThat(product.shares().percent()).isPositive();
        assertThat(product.line()).contains("largest bf16 product: 400 TFLOP/s, missed");
        GpuRow layer = row("lora forward 64 to 32");
        assertThat(layer.line()).contains("× unfused; adapter within the product: 1.1 × unfused, ");
        GpuRow head = row("linear + cross-entropy");
        assertThat(head.line()).contains("GB beside inputs; loss without whole logits: 1.2 GB at most, reached");
        GpuRow sum = row("add");
        assertThat(sum.json()).containsEntry("goal", "bound by memory").containsKey("torch");
    }

    /// A kernel that writes nothing leaves NaN, one that writes zeros has no norm.
    @Test
    void a_work_that_computes_nothing_is_wrong() {
        try (CudaKernels run = CudaKernels.open(new Simulator())) {
            GpuBench bench = new GpuBench(TINY, GpuBenchTest::seconds, List.of(), new Torch(Map.of(), "left out"));
            Operands in = new Operands(run);
            var c = in.result(DType.BF16, 3, 5);
            GpuRow nothing = bench.row(GpuWork.moving("nothing", 1, () -> {}, in.norm(c)));
            assertThat(nothing.isWrong()).isTrue();
            assertThat(nothing.line()).endsWith("NaN  WRONG");
            assertThat(nothing.json()).containsEntry("wrong", true).containsEntry("norm", "NaN");
            var zeros = in.result(DType.F32, 3);
            GpuRow zero =
                    bench.row(GpuWork.moving("zero", 1, () -> run.elementwise().fill(zeros, 0), in.norm(zeros)));
            assertThat(zero.isWrong()).isTrue();
            assertThat(new GpuRow("endless", "x", nothing.rates(), nothing.shares(), 1 / 0.0, Goal.NONE).isWrong())
                    .isTrue();
        }
    }

    @Test
    void a_row_is_wrong_if_the_vendors_products_computed_nothing() {
        GpuRow right =
                new GpuRow("step", "tokens/s", new GpuRow.Rates(3, 0, 0), new GpuRow.Shares(0, 0, 0), 0.5, Goal.NONE);
        GpuRow wrong = new GpuRow("step", "tokens/s", new GpuRow.Rates(9, 0, 0), right.shares(), 0, Goal.NONE);
        assertThat(right.beside(right).isWrong()).isFalse();
        assertThat(right.beside(right).json()).containsEntry("cublas", 3.0).containsEntry("norm", 0.5);
        assertThat(right.beside(wrong).isWrong()).isTrue();
    }
}
