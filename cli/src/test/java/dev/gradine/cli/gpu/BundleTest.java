package dev.gradine.cli.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {

    @TempDir
    private Path temp = Path.of("");

    /// A number that no process has: the kernel's own are smaller.
    @Test
    void what_a_killed_process_left_beside_the_bundle_is_removed_by_the_next() throws IOException {
        Files.writeString(temp.resolve(".g.tar.xz.999999999-1.tmp"), "half a bundle");
        Path folder = Files.createDirectories(temp.resolve(".g.tar.xz.999999999-2.tmp/gradine"));
        Files.writeString(folder.resolve("java.flags"), "x");
        Path living = temp.resolve(
                ".h.tar.xz.%d-1.tmp".formatted(ProcessHandle.current().pid()));
        Files.writeString(living, "being written");
        // Tests run from folders of classes, which no bundle is made of.
        assertThatThrownBy(() -> Bundle.write(temp.resolve("g.tar.xz"), temp, _ -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("bundle: .* is on the class path, expected jars alone");
        try (var left = Files.list(temp)) {
            assertThat(left).containsExactly(living);
        }
    }
}
