package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeakMemoryTest {

    private static final int MB = 1024 * 1024;

    @Test
    void the_peak_stays_after_memory_is_given_back() {
        assumeThat(Files.isReadable(Path.of("/proc/self/status")))
                .as("needs /proc")
                .isTrue();
        double before = PeakMemory.now().mb();
        try (Arena arena = Arena.ofConfined()) {
            touch(arena.allocate(Math.round(before + 64) * MB));
        }
        PeakMemory after = PeakMemory.now();
        assertThat(after.source()).isEqualTo(PeakMemory.Source.RESIDENT_PEAK);
        assertThat(after.mb()).isGreaterThan(before + 64);
        assertThat(PeakMemory.now().mb()).isGreaterThanOrEqualTo(after.mb());
    }

    @Test
    void without_proc_buffers_count_with_the_heap() {
        double before = PeakMemory.heapAndBuffers().mb();
        ByteBuffer buffer = ByteBuffer.allocateDirect(32 * MB);
        PeakMemory with = PeakMemory.heapAndBuffers();
        assertThat(with.mb()).isGreaterThanOrEqualTo(before + 32);
        assertThat(buffer.capacity()).as("still held").isEqualTo(32 * MB);
        assertThat(with.source()).isEqualTo(PeakMemory.Source.HEAP_AND_BUFFERS_WITHOUT_ARENAS);
    }

    @Test
    void the_kernels_kB_are_1024_bytes() {
        assertThat(PeakMemory.highWaterMb(List.of("Name:\tjava", "VmHWM:\t  524288 kB", "VmRSS:\t 1 kB")))
                .isEqualTo(512);
    }

    @Test
    void an_unknown_form_is_an_error() {
        assertThatThrownBy(() -> PeakMemory.highWaterMb(List.of("VmHWM: 12 MB")))
                .hasMessage("/proc/self/status: line is \"VmHWM: 12 MB\", expected a number of kB");
        assertThatThrownBy(() -> PeakMemory.highWaterMb(List.of())).hasMessage("/proc/self/status: has no line VmHWM");
    }

    private static void touch(MemorySegment memory) {
        memory.fill((byte) 1);
    }
}
