package dev.gradine.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.gpu.GraphCounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the driver is told and what its errors become, against a driver of paper
/// (`src/test/c/libcuda.c`). What a real one does, `gpu check` shows.
class CudaGpuTest {

    private static List<String> lines = List.of();

    @BeforeAll
    static void runs_in_a_process_of_its_own(@TempDir Path temp) throws IOException, InterruptedException {
        Path source = Path.of("src/test/c/libcuda.c").toAbsolutePath();
        assumeTrue(hasCompiler(), "no cc on PATH, needed for the driver of paper");
        String library = temp.resolve("libcuda.so.1").toString();
        assertThat(run(temp, List.of("cc", "-shared", "-fPIC", "-w", "-o", library, source.toString())))
                .isEmpty();
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                GpuOnPaper.class.getName()));
        lines = run(temp, java).stream()
                .filter(l -> !l.startsWith("WARNING: Using incubator"))
                .toList();
    }

    private static boolean hasCompiler() {
        return List.of(System.getenv("PATH").split(":")).stream().anyMatch(d -> Files.isExecutable(Path.of(d, "cc")));
    }

    private static List<String> run(Path temp, List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LD_LIBRARY_PATH", temp.toString());
        builder.environment().put("XDG_CACHE_HOME", temp.resolve("cache").toString());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out.lines().toList();
    }

    @Test
    void the_gpu_says_what_it_is() {
        assertThat(lines).element(1).isEqualTo("missing: ");
        assertThat(lines)
                .element(3)
                .isEqualTo("Paper GPU (sm_90), 132 multiprocessors, 232448 bytes shared, CUDA 13.0");
    }

    @Test
    void a_user_is_told_that_kernels_for_hopper_wait_for_a_check() {
        String waiting = "note: (\\d+) of \\1 kernels for Hopper were not verified on Paper GPU \\(sm_90\\): ";
        String until = "kernels for every GPU do their work until gradine gpu check has run here";
        assertThat(lines).element(2).asString().matches(waiting + until);
    }

    @Test
    void values_reach_the_gpu_and_return() {
        assertThat(lines).contains("copies: true");
    }

    @Test
    void a_launch_passes_its_arguments_and_asks_for_shared_memory() {
        assertThat(lines).contains("launched: [10.5, 21.0, 31.5]", "milliseconds: 1");
    }

    @Test
    void a_graph_holds_every_kind_of_operation_and_takes_others() {
        assertThat(lines)
                .containsSubsequence(
                        "recorded: [1.0, 1.0, 1.0, 9.0, 9.0, 9.0]",
                        "launched: [1.5, 2.0, 2.5, 1.5, 0.0, NaN] 2",
                        "exchanged: [0.0, 0.0, -0.5, NaN, 0.0, -0.5]",
                        "paper_axpy: argument 4 is Float, expected one for .u32",
                        "cuGraphAddMemsetNode of fill of 0 bytes: CUDA 1 CUDA_ERROR_INVALID_VALUE: some error");
    }

    @Test
    void work_held_back_becomes_a_graph_the_second_time() {
        assertThat(lines)
                .containsSubsequence(
                        "held back: [4.0, 8.0, 12.0] " + new GraphCounts(5, 0, 0, 0, 0),
                        "held back: [8.0, 16.0, 24.0] " + new GraphCounts(5, 1, 1, 5, 0),
                        "held back: [12.0, 24.0, 36.0] " + new GraphCounts(5, 1, 2, 10, 5));
    }

    @Test
    void a_graph_that_fails_names_its_kernels() {
        String kernel = "paper.cu: paper_fault<<<(1,1,1),32,0>>>";
        assertThat(lines)
                .contains("synchronize after a graph of 5, " + kernel + " to " + kernel
                        + " (-Dgradine.cuda.wait=true starts them one by one): CUDA 700"
                        + " CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered");
    }

    @Test
    void a_tensor_map_is_made_by_the_driver_and_passed_by_value() {
        assertThat(lines)
                .contains("map: true [9, 2, 3, 3] [64, 0, 3, 0, 128, 0, 64, 0, 128, 0]")
                .anySatisfy(l -> assertThat(l)
                        .matches("cuTensorMapEncodeTiled of TensorMap.*256.*: CUDA 1 CUDA_ERROR_INVALID_VALUE.*"))
                .contains("paper_map: argument 1 is Integer, expected one for .b8[128]");
    }

    @Test
    void arguments_are_checked_against_the_kernels_parameters() {
        assertThat(lines)
                .contains(
                        "paper_axpy: 3 arguments, expected 4",
                        "paper_axpy: argument 4 is Float, expected one for .u32");
    }

    @Test
    void errors_have_number_name_text_kernel_grid_and_block() {
        assertThat(lines)
                .contains(
                        "paper.cu: none: CUDA 500 CUDA_ERROR_NOT_FOUND: some error",
                        "broken.ptx line 1: no version: CUDA 218 CUDA_ERROR_INVALID_PTX: some error",
                        "synchronize after paper.cu: paper_fault<<<(2,1,1),64,0>>>: CUDA 700"
                                + " CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered");
    }

    @Test
    void too_little_memory_says_what_was_asked_and_what_is_free() {
        assertThat(lines)
                .anySatisfy(l -> assertThat(l)
                        .matches("Paper GPU \\(sm_90\\): 67,108,864 bytes asked for, [0-9,]+ free; a smaller"
                                + " --batch-size.*"));
    }

    /// Where cuBLAS is installed, it finds no GPU behind this driver.
    @Test
    void cublas_that_is_asked_for_and_missing_is_an_error_and_no_fallback() {
        assertThat(lines.getFirst())
                .matches(Pattern.quote(CuBlas.whyMissing(CuBlas.names("13.0"))) + "|cublasCreate_v2: cuBLAS .*");
    }

    @Test
    void nothing_went_unnoticed() {
        assertThat(lines).doesNotContain("no error").hasSize(26);
    }
}
