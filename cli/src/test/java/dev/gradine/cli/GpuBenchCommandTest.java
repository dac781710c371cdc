package dev.gradine.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.cuda.driver.Driver;
import org.junit.jupiter.api.Test;

/// What is refused before anything is measured; the measuring has tests of its own, on the simulator.
class GpuBenchCommandTest {

    @Test
    void names_nobody_has_are_refused() {
        Cli.run("gpu", "bench", "--gemm", "mkl").refuses("--gemm: \"mkl\", expected own or cublas");
        Cli.run("gpu", "bench", "--steps", "gpt").refuses("--steps: \"gpt\", expected llama-8b");
    }

    @Test
    void without_a_gpu_nothing_is_measured() {
        assumeTrue(!Driver.whyMissing().isEmpty(), "there is a GPU here");
        Cli.run("gpu", "bench", "--no-torch", "--steps", "llama-8b").refuses(Driver.whyMissing());
    }
}
