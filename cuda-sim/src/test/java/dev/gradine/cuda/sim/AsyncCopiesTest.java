package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AsyncCopiesTest {

    private final Order order = new Order(2);
    private final byte[] shared = new byte[256];
    private final Shadow shadow = new Shadow("shared memory", 0, shared.length);
    private final AsyncCopies copies = new AsyncCopies(64, shared, shadow, order);
    private final byte[] source = new byte[32];

    @BeforeEach
    void fill() {
        order.start(1, 0);
        for (int i = 0; i < source.length; i++) source[i] = (byte) (i + 1);
    }

    @Test
    void bytes_arrive_when_their_group_is_waited_for() {
        copies.start(3, 0, 16, source, 0, 16);
        copies.commit(3);
        copies.start(3, 16, 8, source, 16, 8);
        copies.commit(3);
        copies.await(3, 1);
        assertThat(shared[0]).isEqualTo((byte) 1);
        assertThat(shared[15]).isEqualTo((byte) 16);
        assertThat(shared[16]).isZero();
        assertThat(copies.pending(3)).isEqualTo(1);
        shadow.read(order, 3, 0, 16);
        copies.await(3, 0);
        assertThat(shared[16]).isEqualTo((byte) 17);
        assertThat(copies.pending(3)).isZero();
    }

    @Test
    void a_destination_must_not_be_touched_before() {
        copies.start(3, 0, 4, source, 0, 4);
        copies.commit(3);
        copies.await(3, 1);
        String pending = " while a cp.async of thread 3 to them is under way, expected cp.async.wait_group,"
                + " and a barrier if it is another thread's, before it";
        assertThatThrownBy(() -> shadow.read(order, 3, 0, 4))
                .hasMessage("reads 4 bytes of shared memory at 0x0" + pending);
        assertThatThrownBy(() -> shadow.write(order, 3, 2, 1))
                .hasMessage("writes 1 bytes of shared memory at 0x2" + pending);
        assertThatThrownBy(() -> copies.start(3, 0, 4, source, 0, 4))
                .hasMessage("copies to 4 bytes of shared memory at 0x0" + pending);
    }

    @Test
    void others_see_the_bytes_after_a_barrier() {
        copies.start(3, 0, 4, source, 0, 4);
        copies.awaitAll(3);
        assertThatThrownBy(() -> shadow.read(order, 40, 0, 4))
                .hasMessage("race: reads 4 bytes of shared memory at 0x0 that thread 3 wrote,"
                        + " expected a barrier between the two");
        order.arrive(0, 0);
        order.arrive(0, 1);
        order.open(0, 3);
        shadow.read(order, 40, 0, 4);
    }

    @Test
    void what_is_still_read_must_not_be_copied_over() {
        shadow.initialise(0, 4);
        shadow.read(order, 40, 0, 4);
        assertThatThrownBy(() -> copies.start(3, 0, 4, source, 0, 4))
                .hasMessage("race: copies to 4 bytes of shared memory at 0x0 that thread 40 read,"
                        + " expected a barrier between the two");
    }

    @Test
    void a_short_source_is_filled_up_with_zeros() {
        Arrays.fill(shared, (byte) 99);
        copies.start(0, 0, 16, source, 0, 10);
        copies.start(0, 16, 16, source, 0, 0);
        copies.start(0, 32, 8, source, 0, 3);
        copies.awaitAll(0);
        assertThat(Arrays.copyOf(shared, 17)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0, 0);
        assertThat(Arrays.copyOfRange(shared, 30, 41)).containsExactly(0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 99);
    }

    @Test
    void the_source_is_read_when_the_copy_starts() {
        copies.start(0, 0, 4, source, 0, 4);
        source[0] = 77;
        copies.awaitAll(0);
        assertThat(shared[0]).isEqualTo((byte) 1);
    }

    @Test
    void a_long_pipeline_keeps_its_order() {
        for (int i = 0; i < 40; i++) {
            copies.start(0, 4 * i, 4, source, i % 8 * 4, 4);
            copies.commit(0);
            copies.await(0, 11);
            assertThat(copies.pending(0)).isEqualTo(Math.min(i + 1, 11));
        }
        assertThat(shared[4 * 28]).isEqualTo(source[28 % 8 * 4]);
        assertThat(shared[4 * 29]).isZero();
    }
}
