package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cli.doctor.DoctorReport;
import dev.gradine.cli.doctor.Finding;
import dev.gradine.cli.doctor.Finding.Weight;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gradine doctor` is one screen about this machine.
class DoctorCommandTest {

    @Test
    void a_line_for_each_part_of_the_machine_and_one_screen_for_all(@TempDir Path dir) {
        Cli run = Cli.run("doctor", "--out", dir).ok();
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().map(l -> l.split(" ", 2)[0]))
                .containsSubsequence(
                        "java",
                        "flags",
                        "vectors",
                        "cores",
                        "memory",
                        "disk",
                        "gpu",
                        "locale",
                        "terminal",
                        "variables");
        assertThat(run.out().lines())
                .hasSizeLessThan(40)
                .allSatisfy(l -> assertThat(l.length()).isLessThan(200));
        assertThat(run.out()).contains(System.getProperty("java.vendor")).contains(dir.toString());
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void what_is_slow_or_wrong_stands_below_with_its_mend() {
        Finding fine = new Finding("memory", "16 GB", Weight.FINE, "");
        Finding slow = new Finding("disk", "slow", Weight.HINDERS, "another disk");
        Finding none = new Finding("java", "old", Weight.PREVENTS, "a new one");
        assertThat(new DoctorReport("gradine 1", List.of(fine)).text())
                .isEqualTo("gradine 1\n\nmemory     16 GB\n\nnothing is slow or wrong\n");
        DoctorReport hindered = new DoctorReport("gradine 1", List.of(fine, slow));
        assertThat(hindered.text()).endsWith("\nslow or wrong:\ndisk       another disk\n");
        assertThat(hindered.prevents()).isFalse();
        DoctorReport prevented = new DoctorReport("gradine 1", List.of(none, fine));
        assertThat(prevented.text()).endsWith("\nno run is possible here:\njava       a new one\n");
        assertThat(prevented.prevents()).isTrue();
    }

    @Test
    void long_lines_are_broken_between_words() {
        String words = "word ".repeat(40).strip();
        String text = new DoctorReport("g", List.of(new Finding("gpu", words, Weight.FINE, ""))).text();
        assertThat(text.lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(100));
        assertThat(text.lines().filter(l -> l.startsWith("           word"))).hasSize(2);
    }
}
