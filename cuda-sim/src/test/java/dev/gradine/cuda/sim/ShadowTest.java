package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class ShadowTest {

    private static final String WRITE =
            ", expected a write before it, and a barrier between the two if another thread writes";
    private static final String BARRIER = ", expected a barrier between the two";
    private static final String WARP = ", expected bar.warp.sync or a barrier between the two";
    private static final String BLOCKS =
            ", expected no use of what another block of the launch uses, unless it is read only or by atomics";

    private final Order order = started(0);
    private final Shadow shadow = new Shadow("shared memory", 0, 10_000);

    @Test
    void what_nobody_wrote_must_not_be_read() {
        shadow.write(order, 0, 0x40, 2);
        shadow.read(order, 0, 0x40, 2);
        assertFault(
                () -> shadow.read(order, 3, 0x80, 4),
                "reads 4 bytes of shared memory at 0x80 that nobody has written" + WRITE);
        assertFault(
                () -> shadow.read(order, 0, 0x40, 4),
                "reads 4 bytes of shared memory at 0x42 that nobody has written" + WRITE);
        assertFault(
                () -> shadow.update(order, 0, 0x50, 4),
                "updates 4 bytes of shared memory at 0x50 that nobody has written" + WRITE);
    }

    @Test
    void the_host_may_write_any_range() {
        shadow.initialise(3, 8200);
        assertFine(() -> shadow.read(order, 1, 4, 16));
        assertFine(() -> shadow.read(order, 1, 3, 1));
        assertFine(() -> shadow.read(order, 1, 8202, 1));
        assertFine(() -> shadow.read(order, 2, 4096, 16));
        assertFault(() -> shadow.read(order, 1, 2, 1), "reads 1 bytes of shared memory at 0x2 that nobody");
        assertFault(() -> shadow.read(order, 1, 8203, 1), "reads 1 bytes of shared memory at 0x200b that nobody");
    }

    @Test
    void another_warp_may_read_what_was_written_only_after_a_barrier() {
        shadow.write(order, 5, 0, 4);
        assertFine(() -> shadow.read(order, 5, 0, 4));
        assertFault(
                () -> shadow.read(order, 40, 0, 4),
                "race: reads 4 bytes of shared memory at 0x0 that thread 5 wrote" + BARRIER);
        order.meet(0, -1, -1);
        order.meet(1, -1, -1);
        assertFault(() -> shadow.read(order, 40, 0, 4), "race: ");
        barrier();
        assertFine(() -> shadow.read(order, 40, 0, 4));
    }

    @Test
    void lanes_of_a_warp_are_ordered_only_where_they_meet() {
        shadow.write(order, 5, 0, 4);
        assertFault(
                () -> shadow.read(order, 6, 0, 4),
                "race: reads 4 bytes of shared memory at 0x0 that thread 5 wrote" + WARP);
        order.meet(0, 0x0f, -1);
        assertFault(() -> shadow.read(order, 6, 0, 4), "race: ");
        order.meet(0, 0x60, -1);
        assertFine(() -> shadow.read(order, 6, 0, 4));
        assertFault(() -> shadow.read(order, 7, 0, 4), "race: ");
        order.meet(0, 0xc0, -1);
        assertFine(() -> shadow.read(order, 7, 0, 4));
    }

    @Test
    void what_others_read_may_be_overwritten_only_after_a_barrier() {
        shadow.initialise(0, 4);
        shadow.read(order, 1, 0, 4);
        shadow.read(order, 40, 0, 4);
        assertFault(
                () -> shadow.write(order, 1, 0, 4),
                "race: writes 4 bytes of shared memory at 0x0 that thread 1 read" + WARP);
        barrier();
        assertFine(() -> shadow.write(order, 1, 0, 4));
        barrier();
        shadow.read(order, 1, 0, 4);
        shadow.read(order, 2, 0, 4);
        assertFault(() -> shadow.write(order, 1, 0, 4), "race: ");
        order.meet(0, -1, -1);
        assertFine(() -> shadow.write(order, 1, 0, 4));
    }

    @Test
    void neighbouring_bytes_belong_to_different_threads() {
        for (int t = 0; t < 64; t++) shadow.write(order, t, t, 1);
        for (int t = 0; t < 32; t++) shadow.write(order, t, 64 + 2 * t, 2);
        assertFault(() -> shadow.write(order, 33, 2, 2), "race: writes 2 bytes of shared memory at 0x2 that thread 2");
        assertFault(() -> shadow.read(order, 0, 64, 4), "race: reads 4 bytes of shared memory at 0x42 that thread 1");
        barrier();
        assertFine(() -> shadow.read(order, 0, 0, 16));
        assertFine(() -> shadow.read(order, 9, 64, 16));
    }

    @Test
    void a_barrier_of_some_warps_orders_those_alone() {
        shadow.write(order, 5, 0, 4);
        order.arrive(1, 0);
        order.arrive(1, 1);
        order.open(1, 0b10); // warp 0 arrives without waiting
        assertFine(() -> shadow.read(order, 40, 0, 4));
        assertFault(() -> shadow.read(order, 70, 0, 4), "race: ");
        assertFault(() -> shadow.write(order, 5, 0, 4), "race: writes 4 bytes of shared memory at 0x0 that thread 40");
        order.arrive(2, 1);
        order.arrive(2, 2);
        order.open(2, 0b110); // what warp 1 knows of warp 0, it tells warp 2
        assertFine(() -> shadow.read(order, 70, 0, 4));
    }

    @Test
    void what_follows_an_arrival_is_not_ordered_by_it() {
        order.arrive(1, 0);
        shadow.write(order, 5, 0, 4);
        order.arrive(1, 1);
        order.open(1, 0b10);
        assertFault(() -> shadow.read(order, 40, 0, 4), "race: ");
    }

    @Test
    void atomics_do_not_race_with_each_other_but_with_anything_else() {
        shadow.initialise(0, 4);
        shadow.update(order, 1, 0, 4);
        assertFine(() -> shadow.update(order, 40, 0, 4));
        assertFault(
                () -> shadow.read(order, 1, 0, 4),
                "race: reads 4 bytes of shared memory at 0x0 that thread 40 updated" + BARRIER);
        assertFault(() -> shadow.write(order, 1, 0, 4), "race: ");
        barrier();
        assertFine(() -> shadow.read(order, 1, 0, 4));
        assertFault(
                () -> shadow.update(order, 40, 0, 4), "race: updates 4 bytes of shared memory at 0x0 that thread 1");
    }

    @Test
    void blocks_of_a_launch_share_what_they_read_and_nothing_else() {
        shadow.initialise(0, 64);
        shadow.read(order, 1, 0, 4);
        shadow.write(order, 1, 8, 4);
        shadow.update(order, 1, 16, 4);
        Order next = started(1);
        assertFine(() -> shadow.read(next, 9, 0, 4));
        assertFine(() -> shadow.update(next, 9, 16, 4));
        assertFault(
                () -> shadow.read(next, 9, 8, 4),
                "race: reads 4 bytes of shared memory at 0x8 that thread 1 of block 0 wrote" + BLOCKS);
        assertFault(() -> shadow.write(next, 9, 8, 4), "race: ");
        assertFault(
                () -> shadow.write(next, 1, 0, 4),
                "race: writes 4 bytes of shared memory at 0x0 that thread 1 of block 0 read" + BLOCKS);
        Order launch = new Order(4);
        launch.start(100, 0);
        assertFine(() -> shadow.write(launch, 1, 0, 4));
        assertFine(() -> shadow.read(launch, 1, 8, 4));
    }

    @Test
    void a_block_starts_with_nothing_written() {
        shadow.write(order, 0, 0, 4);
        shadow.clear();
        assertFault(() -> shadow.read(order, 0, 0, 4), "reads 4 bytes of shared memory at 0x0 that nobody");
    }

    private void barrier() {
        for (int w = 0; w < 4; w++) order.arrive(0, w);
        order.open(0, 0b1111);
    }

    private static Order started(int block) {
        Order order = new Order(4);
        order.start(7, block);
        return order;
    }

    private static void assertFault(ThrowingCallable access, String message) {
        assertThatThrownBy(access).isInstanceOf(AccessException.class).hasMessageStartingWith(message);
    }

    private static void assertFine(ThrowingCallable access) {
        assertThatCode(access).doesNotThrowAnyException();
    }
}
