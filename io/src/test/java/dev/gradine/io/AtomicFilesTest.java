package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

    @TempDir
    Path folder;

    @Test
    void text_replaces_what_was_there() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFiles.writeText(file, "old");
        AtomicFiles.writeText(file, "nü");
        assertThat(Files.readString(file)).isEqualTo("nü");
        assertThat(Bytes.content(folder)).containsExactly("a.txt");
    }

    @Test
    void a_target_that_cannot_be_is_refused() {
        Path nowhere = folder.resolve("none").resolve("a.txt");
        assertThatThrownBy(() -> AtomicFiles.writeText(nowhere, "x"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(nowhere + ": the folder it should go to does not exist");
        assertThatThrownBy(() -> AtomicFiles.writeText(folder, "x"))
                .hasMessage(folder + ": is a folder, expected a file to write");
    }

    @Test
    void a_folder_appears_whole() throws IOException {
        Path target = folder.resolve("out");
        AtomicFiles.writeFolder(target, f -> Files.writeString(f.resolve("a"), "1"));
        assertThat(Bytes.content(target)).containsExactly("a");
        assertThat(Bytes.content(folder)).containsExactly("out");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        AtomicFiles.writeFolder(empty, f -> Files.writeString(f.resolve("b"), "1"));
        assertThat(Bytes.content(empty)).containsExactly("b");
    }

    /// The file within is named by where it was meant to go.
    @Test
    void a_file_of_a_folder_that_cannot_be_written_is_named_as_it_would_have_been() {
        Path target = folder.resolve("out");
        assertThatThrownBy(() -> AtomicFiles.writeFolder(
                        target,
                        f -> AtomicFiles.write(f.resolve("a"), _ -> {
                            throw new IOException("No space left on device");
                        })))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(target.resolve("a") + ": cannot be written: No space left on device");
        assertThat(Bytes.content(folder)).isEmpty();
    }

    @Test
    void a_folder_that_fails_midway_does_not_appear() {
        Path target = folder.resolve("out");
        assertThatThrownBy(() -> AtomicFiles.writeFolder(target, f -> {
                    Files.createDirectories(f.resolve("deep/er"));
                    Files.writeString(f.resolve("deep/er/a"), "1");
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(target + ": cannot be written: No space left on device");
        assertThat(Bytes.content(folder)).isEmpty();
    }

    @Test
    void a_folder_in_use_is_left_alone() {
        Path file = folder.resolve("a.txt");
        AtomicFiles.writeText(file, "x");
        assertThatThrownBy(() -> AtomicFiles.writeFolder(folder, f -> {}))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(folder + ": the folder is not empty, expected a new or empty one");
        assertThatThrownBy(() -> AtomicFiles.writeFolder(file, f -> {}))
                .hasMessage(file + ": is a file, expected a folder to write");
        assertThat(Bytes.content(folder)).containsExactly("a.txt");
    }
}
