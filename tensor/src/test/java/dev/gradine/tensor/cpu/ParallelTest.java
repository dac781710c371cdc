package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 1000})
    void every_part_runs_once(int n) {
        AtomicIntegerArray runs = new AtomicIntegerArray(n);
        for (int repeat = 0; repeat < 50; repeat++) Parallel.forEach(n, runs::incrementAndGet);
        assertThat(IntStream.range(0, n).map(runs::get)).allMatch(count -> count == 50);
    }

    @Test
    void an_exception_of_any_part_reaches_the_caller_and_the_pool_lives_on() {
        for (int failing : new int[] {0, 7, 99}) {
            assertThatThrownBy(() -> Parallel.forEach(100, i -> {
                        if (i == failing) throw new IllegalStateException("part " + i);
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("part " + failing);
            every_part_runs_once(10);
        }
        assertThatThrownBy(() -> Parallel.forEach(10, _ -> {
                    throw new AssertionError("also errors");
                }))
                .hasMessage("also errors");
    }

    @Test
    void a_call_within_a_part_runs_to_its_end() {
        AtomicIntegerArray runs = new AtomicIntegerArray(100);
        Parallel.forEach(10, i -> Parallel.forEach(10, j -> runs.incrementAndGet(10 * i + j)));
        assertThat(IntStream.range(0, 100).map(runs::get)).allMatch(count -> count == 1);
    }

    @Test
    void alone_the_caller_does_everything_itself() {
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        Parallel.alone(() -> Parallel.forEach(1000, i -> seen.add(Thread.currentThread())));
        assertThat(seen).containsExactly(Thread.currentThread());
        assertThatThrownBy(() -> Parallel.alone(() -> {
                    throw new IllegalStateException("planted");
                }))
                .hasMessage("planted");
        assumeTrue(Parallel.THREADS > 1, "one core");
        seen.clear();
        Parallel.forEach(1000, i -> {
            seen.add(Thread.currentThread());
            LockSupport.parkNanos(10_000); // time for the others to come
        });
        assertThat(seen).hasSizeGreaterThan(1);
    }

    @Test
    void callers_on_several_threads_do_not_mix() throws InterruptedException {
        AtomicIntegerArray runs = new AtomicIntegerArray(200);
        Runnable caller = () -> {
            for (int k = 0; k < 20; k++) Parallel.forEach(200, runs::incrementAndGet);
        };
        Thread a = new Thread(caller);
        Thread b = new Thread(caller);
        a.start();
        b.start();
        a.join();
        b.join();
        assertThat(IntStream.range(0, 200).map(runs::get)).allMatch(count -> count == 40);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16_384, 16_385, 50_000})
    void chunks_cover_the_range_without_overlap(int n) {
        AtomicIntegerArray seen = new AtomicIntegerArray(n);
        Chunks.values(n, (from, to) -> {
            for (int i = from; i < to; i++) seen.incrementAndGet(i);
        });
        assertThat(IntStream.range(0, n).map(seen::get)).allMatch(count -> count == 1);
        AtomicIntegerArray columns = new AtomicIntegerArray(n);
        Columns.forEach(n, 3, (from, to) -> {
            for (int i = from; i < to; i++) columns.incrementAndGet(i);
        });
        assertThat(IntStream.range(0, n).map(columns::get)).allMatch(count -> count == 1);
    }
}
