package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.gpu.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What was verified is read as it was written, and a kernel that changed since counts as never
/// verified.
class VerifiedTest {

    private static final String SHA = "0123456789abcdef".repeat(4);

    private static Verified of(String name, String file, String sha256) {
        var entry = new Verified.Entry(file, sha256, "NVIDIA H200 (sm_90)", "13.0", "2026-01-31", 1.5e-5);
        return new Verified(new TreeMap<>(Map.of(name, entry)));
    }

    @Test
    void what_is_written_is_read() {
        Verified v = of("rope_f32", "rope", SHA);
        v.byEntry().put("rope_bf16", new Verified.Entry("rope", SHA, "B (sm_80)", "12.0", "2026-02-01", 0));
        Verified read = Verified.parse("v.json", v.text());
        assertThat(read.byEntry().keySet()).containsExactly("rope_bf16", "rope_f32");
        assertThat(read.byEntry().values()).extracting(Verified.Entry::error).containsExactly(0.0, (double) 1.5e-5f);
        assertThat(Verified.parse("v.json", read.text()).text()).isEqualTo(v.text());
        assertThat(Verified.parse("v.json", Verified.none().text()).byEntry()).isEmpty();
    }

    @Test
    void a_file_that_is_not_there_says_nothing(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(Verified.FILE);
        assertThat(Verified.read(file).byEntry()).isEmpty();
        Verified v = of("rope_f32", "rope", SHA);
        Files.writeString(file, v.text());
        assertThat(Verified.read(file).text()).isEqualTo(v.text());
    }

    @Test
    void a_line_that_is_no_entry_is_named() {
        String text = of("rope_f32", "rope", SHA).text().replace("\"error\"", "\"eror\"");
        assertThatThrownBy(() -> Verified.parse("v.json", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("v.json: line 2 is no entry that gpu check wrote");
    }

    @Test
    void a_kernel_counts_on_the_gpu_it_ran_on_alone_and_in_the_form_it_has_here() {
        String sha256 = PtxFiles.sha256("elementwise");
        Kernel add = new Kernel("elementwise", "elementwise_add_f32");
        Verified v = of(add.entry(), add.file(), sha256);
        assertThat(v.has(add, "NVIDIA H200 (sm_90)")).isTrue();
        assertThat(v.has(add, "NVIDIA H100 (sm_90)")).isFalse();
        assertThat(v.has(new Kernel("elementwise", "elementwise_multiply_f32"), "NVIDIA H200 (sm_90)"))
                .isFalse();
        assertThat(of(add.entry(), add.file(), SHA).has(add, "NVIDIA H200 (sm_90)"))
                .isFalse();
    }

    @Test
    void a_kernel_that_changed_since_was_never_verified() {
        String sha256 = PtxFiles.sha256("elementwise");
        assertThat(PtxFiles.entries()).containsEntry("elementwise_add_f32", "elementwise");
        assertThat(Check.neverVerified(of("elementwise_add_f32", "elementwise", sha256)))
                .doesNotContain("elementwise_add_f32");
        assertThat(Check.neverVerified(of("elementwise_add_f32", "elementwise", SHA)))
                .contains("elementwise_add_f32");
        assertThat(Check.neverVerified(Verified.none()))
                .containsAll(PtxFiles.entries().keySet());
    }
}
