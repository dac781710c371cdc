package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void one_writer_at_a_time_and_nothing_is_left() {
        try (FolderLock _ = FolderLock.take(folder)) {
            assertThatThrownBy(() -> FolderLock.take(folder))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(folder + ": another run is writing there, expected a folder of its own for each");
        }
        assertThat(Bytes.content(folder)).isEmpty();
        FolderLock.take(folder).close();
    }

    @Test
    void what_a_killed_writer_left_stops_nobody() throws IOException {
        Files.createFile(folder.resolve(".gradine.lock"));
        try (FolderLock lock = FolderLock.take(folder)) {
            lock.requireAlone();
        }
        assertThat(Bytes.content(folder)).isEmpty();
    }

    @Test
    void what_another_has_written_meanwhile_is_seen() throws IOException {
        Files.createFile(folder.resolve("run.json"));
        try (FolderLock lock = FolderLock.take(folder)) {
            assertThatThrownBy(lock::requireAlone)
                    .hasMessageContaining("another run has written there meanwhile, expected a new or empty folder");
        }
        assertThat(Bytes.content(folder)).containsExactly("run.json");
    }
}
