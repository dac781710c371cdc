package dev.gradine.cuda.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The `cp.async` copies of a block that nobody has waited for. Their bytes are read at once and held
/// back here, so that a kernel that does not wait finds what was there before, and its access is
/// reported.
///
/// Each thread has its own queue: `commit` ends a group, `await(n)` completes all groups but the n youngest. Copies of
/// other threads are visible after they have waited and met this one at a barrier (PTX ISA 9.1, "cp.async").
final class AsyncCopies {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] shared;
    private final Shadow shadow;
    private final Order order;
    private final Queue[] queues;

    /// Copies under way of one thread, oldest first.
    private static final class Queue {
        private int[] to = new int[8];
        private int[] size = new int[8];
        private int[] group = new int[8];
        private long[] low = new long[8];
        private long[] high = new long[8];
        private int head;
        private int tail;
        /// Groups that were committed.
        private int groups;

        private void makeRoom() {
            if (tail < to.length) return;
            int count = tail - head;
            int length = count * 2 > to.length ? to.length * 2 : to.length;
            to = Arrays.copyOf(Arrays.copyOfRange(to, head, tail), length);
            size = Arrays.copyOf(Arrays.copyOfRange(size, head, tail), length);
            group = Arrays.copyOf(Arrays.copyOfRange(group, head, tail), length);
            low = Arrays.copyOf(Arrays.copyOfRange(low, head, tail), length);
            high = Arrays.copyOf(Arrays.copyOfRange(high, head, tail), length);
            head = 0;
            tail = count;
        }
    }

    /// @param shared memory of the block that the copies go to
    /// @param shadow of that memory
    /// @param order of the block
    AsyncCopies(int threads, byte[] shared, Shadow shadow, Order order) {
        this.shared = shared;
        this.shadow = shadow;
        this.order = order;
        queues = new Queue[threads];
        Arrays.setAll(queues, i -> new Queue());
    }

    /// A block starts: nothing is under way.
    void clear() {
        for (Queue q : queues) q.head = q.tail = q.groups = 0;
    }

    /// A thread starts a copy of `size` bytes (4, 8 or 16) to offset `to`: of `count` bytes from `from` on, and zeros.
    ///
    /// @param count bytes that are read, at most `size`
    /// @throws AccessException if the destination must not be touched
    void start(int thread, int to, int size, byte[] from, int fromAt, int count) {
        shadow.copy(order, thread, to, size);
        Queue q = queues[thread];
        q.makeRoom();
        q.to[q.tail] = to;
        q.size[q.tail] = size;
        q.group[q.tail] = q.groups;
        q.low[q.tail] = bytes(from, fromAt, Math.min(count, 8));
        q.high[q.tail] = bytes(from, fromAt + 8, count - 8);
        q.tail++;
    }

    private static long bytes(byte[] from, int at, int count) {
        if (count == 8) return (long) LONG.get(from, at);
        long value = 0;
        for (int i = 0; i < count; i++) value |= (from[at + i] & 0xffL) << (8 * i);
        return value;
    }

    /// `cp.async.commit_group`.
    void commit(int thread) {
        queues[thread].groups++;
    }

    /// `cp.async.wait_group n`: at most the `n` youngest groups stay under way.
    void await(int thread, int n) {
        Queue q = queues[thread];
        while (q.head < q.tail && q.group[q.head] < q.groups - n) complete(q, thread);
    }

    /// `cp.async.wait_all`: nothing stays under way, committed or not.
    void awaitAll(int thread) {
        commit(thread);
        await(thread, 0);
    }

    /// Copies that a thread has under way.
    int pending(int thread) {
        return queues[thread].tail - queues[thread].head;
    }

    private void complete(Queue q, int thread) {
        int i = q.head++;
        int to = q.to[i];
        if (q.size[i] == 4) {
            INT.set(shared, to, (int) q.low[i]);
        } else {
            LONG.set(shared, to, q.low[i]);
            if (q.size[i] == 16) LONG.set(shared, to + 8, q.high[i]);
        }
        shadow.arrive(order, thread, to, q.size[i]);
        if (q.head == q.tail) q.head = q.tail = 0;
    }
}
