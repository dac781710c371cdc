package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Pages of a file that are given back.
class MappedPagesTest {

    private static final int BYTES = 32 << 20;

    @TempDir
    Path folder;

    @Test
    void what_was_given_back_is_read_again() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment m = MappedFile.map(file(), arena);
            assertThat(sum(m)).isEqualTo(BYTES);
            MappedPages.release(m);
            MappedPages.release(m.asSlice(1, 100)); // no whole page
            assertThat(sum(m)).isEqualTo(BYTES);
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the pages of a process are known on Linux alone")
    void it_is_held_no_more() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment m = MappedFile.map(file(), arena);
            sum(m);
            long held = filePages();
            MappedPages.release(m);
            assertThat(held - filePages()).isGreaterThan(BYTES / 2);
        }
    }

    private Path file() throws IOException {
        byte[] ones = new byte[BYTES];
        java.util.Arrays.fill(ones, (byte) 1);
        return Files.write(folder.resolve("ones"), ones);
    }

    private static long sum(MemorySegment m) {
        long sum = 0;
        for (long i = 0; i < m.byteSize(); i++) sum += m.get(ValueLayout.JAVA_BYTE, i);
        return sum;
    }

    /// Bytes of files that this process has in memory.
    private static long filePages() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("RssFile:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }
}
