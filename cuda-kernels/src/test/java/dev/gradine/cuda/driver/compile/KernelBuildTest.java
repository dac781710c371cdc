package dev.gradine.cuda.driver.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.cuda.driver.compile.Assembler.Cost;
import dev.gradine.cuda.kernels.PtxFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The `.ptx` files belong to the `.cu` files beside them; where the compiler is at hand, they are
/// what it makes.
class KernelBuildTest {

    private static final KernelBuild HERE = new KernelBuild(Path.of("").toAbsolutePath());
    private static final String PTX = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry twice(.param .u64 twice_param_0)
            {
                .reg .b64 %rd<2>;
                .reg .f32 %f<3>;
                ld.param.u64 %rd1, [twice_param_0];
                ld.global.f32 %f1, [%rd1];
                add.f32 %f2, %f1, %f1;
                st.global.f32 [%rd1], %f2;
                ret;
            }
            """;

    @TempDir
    private Path temp = Path.of("");

    static List<String> stems() {
        return KernelSource.stems(HERE.sources());
    }

    @ParameterizedTest
    @MethodSource("stems")
    void a_ptx_belongs_to_its_source(String stem) throws IOException {
        String first = Files.readString(HERE.target(stem)).lines().findFirst().orElse("");
        assertThat(first)
                .as("%s.ptx was made from another %s.cu; make it anew with: gradine kernels %s", stem, stem, stem)
                .isEqualTo(KernelSource.read(HERE.sources(), stem).firstLine());
    }

    @Test
    void no_ptx_is_without_a_source() {
        assertThat(PtxFiles.stems()).isEqualTo(stems());
    }

    @Test
    void an_edit_of_a_header_shows() throws IOException {
        Files.writeString(temp.resolve("a.cu"), "#include \"b.cuh\"\nint a;\n");
        Files.writeString(temp.resolve("b.cuh"), "#include \"c.cuh\"\n");
        Files.writeString(temp.resolve("c.cuh"), "int c;\n");
        String before = KernelSource.read(temp, "a").sha256();
        assertThat(KernelSource.read(temp, "a").headers()).containsOnlyKeys("b.cuh", "c.cuh");
        Files.writeString(temp.resolve("c.cuh"), "int d;\n");
        assertThat(KernelSource.read(temp, "a").sha256()).isNotEqualTo(before);
    }

    @Test
    void the_assembler_tells_what_a_kernel_takes() {
        List<Cost> costs = Assembler.assemble("twice.ptx", PTX, "sm_80");
        assertThat(costs).hasSize(1).first().satisfies(c -> {
            assertThat(c.entry()).isEqualTo("twice");
            assertThat(c.registers()).isBetween(2, 20);
            assertThat(c.spilled()).isZero();
        });
    }

    /// Registers of a thread are what 384 threads leave each: the kernels hand them out anew.
    @Test
    void products_on_hopper_stay_in_registers_and_are_not_serialized() throws IOException {
        String ptx = Files.readString(HERE.target("mat_mul.sm_90a"));
        assertThat(Assembler.assemble("mat_mul.sm_90a.ptx", ptx, "sm_90a"))
                .hasSize(3)
                .allSatisfy(c -> {
                    assertThat(c.registers()).isEqualTo(168);
                    assertThat(c.spilled()).isZero();
                    assertThat(c.serialized()).isFalse();
                });
        String eager = ptx.replaceAll("(mma_async\\S* \\{(%f\\d+),.*)", "$1 add.f32 $2, $2, $2;");
        assertThat(Assembler.assemble("eager.ptx", eager, "sm_90a"))
                .anySatisfy(c -> assertThat(c.serialized()).isTrue());
    }

    @Test
    void attention_on_hopper_stays_in_registers_and_is_not_serialized() throws IOException {
        String ptx = Files.readString(HERE.target("attention.sm_90a"));
        assertThat(Assembler.assemble("attention.sm_90a.ptx", ptx, "sm_90a"))
                .hasSize(6)
                .allSatisfy(c -> {
                    assertThat(c.spilled()).isZero();
                    assertThat(c.serialized()).isFalse();
                });
    }

    @Test
    void the_assembler_refuses_what_no_gpu_has() {
        assertThatThrownBy(() -> Assembler.assemble("twice.ptx", PTX.replace("add.f32", "ad.f32"), "sm_80"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("twice.ptx: ")
                .hasMessageContaining("line 10");
    }

    @Test
    void a_compiler_that_is_not_there_is_named() {
        assertThatThrownBy(() -> Nvrtc.load(""))
                .hasMessage("kernels: NVRTC_HOME is not set, expected the folder of CUDA 12.0's NVRTC, as the"
                        + " Python package nvidia-cuda-nvrtc-cu12 12.0.140 has it");
        assertThatThrownBy(() -> Nvrtc.load(temp.toString()))
                .hasMessageStartingWith("kernels: NVRTC_HOME is " + temp + " without libnvrtc.so.12 and");
    }

    @Test
    void every_ptx_is_what_the_compiler_makes() throws IOException {
        loadCompiler();
        for (String stem : stems()) {
            String ptx = Nvrtc.compile(KernelSource.read(HERE.sources(), stem));
            assertThat(ptx).as(stem).isEqualTo(Files.readString(HERE.target(stem)));
        }
    }

    @Test
    void a_build_writes_once_and_a_fault_is_told_with_its_line() throws IOException {
        loadCompiler();
        KernelBuild build = new KernelBuild(temp);
        Files.createDirectories(build.sources());
        Files.writeString(build.sources().resolve("k.cu"), "extern \"C\" __global__ void k(float* y) { *y = 1; }\n");
        KernelBuild.Result result = build.build("k");
        assertThat(result.changed()).isTrue();
        assertThat(result.costs()).extracting(Cost::target).containsExactly("sm_80", "sm_90");
        assertThat(build.build("k").changed()).isFalse();
        Files.writeString(build.sources().resolve("k.cu"), "extern \"C\" __global__ void k(float* y) { *z = 1; }\n");
        assertThatThrownBy(() -> build.build("k"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("k.cu(1): error: identifier \"z\" is undefined");
    }

    private static void loadCompiler() {
        String home = System.getenv(Nvrtc.HOME);
        assumeTrue(home != null, "NVRTC_HOME is not set: the compiler cannot be tried");
        Nvrtc.load(String.valueOf(home));
    }
}
