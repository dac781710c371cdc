package dev.gradine.tensor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Memory given out is nobody else's, the ends of chunks are used, and a step finds what the one before had.
class SlabTest {

    private static final long MB = 1 << 20;

    @Test
    void pieces_never_overlap() {
        try (Bytes raw = new Bytes(false)) {
            Slab slab = new Slab(raw);
            SplittableRandom rng = new SplittableRandom(1);
            TreeMap<Long, Long> taken = new TreeMap<>(); // address → end
            for (int i = 0; i < 300; i++) {
                long bytes = 64L * rng.nextInt(1, 20_000);
                long address = slab.take(bytes);
                var before = taken.lowerEntry(address + bytes);
                if (before != null) assertThat(before.getValue()).isLessThanOrEqualTo(address);
                taken.put(address, address + bytes);
            }
            long sum = 0;
            for (var e : taken.entrySet()) sum += e.getValue() - e.getKey();
            assertThat(slab.bytesInUse()).isEqualTo(sum);
        }
    }

    @Test
    void the_end_of_a_chunk_serves_what_fits_there() {
        try (Bytes raw = new Bytes(false)) {
            Slab slab = new Slab(raw);
            long first = slab.take(3 * MB); // of a chunk of 4 MB
            slab.take(2 * MB); // of the next
            assertThat(slab.take(MB / 2)).isEqualTo(first + 3 * MB);
            assertThat(slab.take(MB / 2)).isEqualTo(first + 3 * MB + MB / 2);
            assertThat(slab.bytesInUse()).isEqualTo(6 * MB);
        }
    }

    @Test
    void after_a_reset_the_same_requests_get_the_same_memory() {
        try (Bytes raw = new Bytes(false)) {
            Slab slab = new Slab(raw);
            slab.take(MB);
            Slab.Mark mark = slab.mark();
            long[] first = takeSome(slab);
            slab.reset(mark);
            assertThat(takeSome(slab)).isEqualTo(first);
            assertThat(slab.peakBytes()).isEqualTo(slab.bytesInUse());
        }
    }

    @Test
    void memory_that_checks_bounds_gives_every_tensor_an_allocation_of_its_size() {
        try (Bytes raw = new Bytes(true);
                Lifetime run = Lifetime.run(raw)) {
            run.empty(DType.F32, Shape.of(3));
            try (Lifetime step = run.openStep()) {
                Tensor t = step.empty(DType.F32, Shape.of(5));
                step.release(t);
                step.empty(DType.U8, Shape.of(7));
                try (Lifetime scratch = step.openStep()) {
                    scratch.empty(DType.BF16, Shape.of(9));
                    assertThat(raw.live().values()).containsExactlyInAnyOrder(12L, 20L, 7L, 18L);
                }
                assertThat(raw.live().values()).containsExactlyInAnyOrder(12L, 20L, 7L);
            }
            assertThat(raw.live().values()).containsExactly(12L);
            assertThat(run.bytesInUse()).isEqualTo(12);
            assertThat(run.peakStepBytes()).isEqualTo(45);
        }
    }

    private static long[] takeSome(Slab slab) {
        return new long[] {slab.take(3 * MB + 64), slab.take(40 * MB), slab.take(MB), slab.take(9 * MB), slab.take(64)};
    }
}
