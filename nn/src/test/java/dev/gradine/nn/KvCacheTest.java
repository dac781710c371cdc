package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a cache holds, forgets and refuses.
class KvCacheTest {

    private final Kernels k = CpuKernels.open();
    private final KvCache cache = new KvCache(k, 2, 5, 2);

    @AfterEach
    void close() {
        k.close();
    }

    /// Appends rows of two keys each and of their negatives as values; returns all keys and all values.
    private float[][] append(int layer, float... keys) {
        float[] values = new float[keys.length];
        for (int i = 0; i < keys.length; i++) values[i] = -keys[i];
        Shape shape = Shape.of(keys.length / 2, 2);
        int[] positions =
                IntStream.range(0, shape.dim(0)).map(i -> cache.length() + i).toArray();
        var fresh = new KvCache.Read(k.of(shape, keys), k.of(shape, values));
        var all = cache.append(k, layer, fresh, k.ofInts(positions), cache.length() + positions.length);
        return new float[][] {k.download(all.keys()), k.download(all.values())};
    }

    @Test
    void new_rows_stand_behind_the_old_ones() {
        append(0, 1, 2, 3, 4);
        cache.advance(2);
        assertThat(append(0, 9, 10)).isDeepEqualTo(new float[][] {{1, 2, 3, 4, 9, 10}, {-1, -2, -3, -4, -9, -10}});
    }

    @Test
    void tokens_count_only_once_every_layer_has_them() {
        append(0, 0, 0, 0, 0);
        assertThat(cache.length()).isZero();
        cache.advance(2);
        assertThat(cache.length()).isEqualTo(2);
        assertThat(cache.capacity()).isEqualTo(5);
    }

    @Test
    void layers_do_not_mix() {
        append(0, 1, 2);
        assertThat(append(1, 3, 4)).isDeepEqualTo(new float[][] {{3, 4}, {-3, -4}});
    }

    @Test
    void truncating_forgets_the_last_tokens() {
        append(0, 1, 2, 3, 4);
        cache.advance(2);
        cache.truncate(1);
        assertThat(append(0, 9, 9)[0]).containsExactly(1, 2, 9, 9);
    }

    @Test
    void refuses_more_than_it_holds() {
        cache.advance(4);
        assertThatThrownBy(() -> cache.requireRoom(2))
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_cache: 2 tokens after 4, expected at most 5 in all");
    }

    @Test
    void a_state_is_forgotten_as_a_whole_or_not_at_all() {
        KvCache recurrent = recurrent();
        recurrent.advance(2);
        recurrent.truncate(2);
        assertThatThrownBy(() -> recurrent.truncate(1))
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_cache: truncate to 1 tokens, expected 0 or 2 (a layer keeps a state of all)");
        recurrent.truncate(0);
        assertThat(recurrent.length()).isZero();
    }

    @Test
    void each_sequence_has_a_state_of_its_own() {
        KvCache recurrent = recurrent();
        assertThat(recurrent.openState()).isZero();
        assertThat(recurrent.openState()).isEqualTo(1);
        assertThatThrownBy(recurrent::openState)
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_cache: a sequence more, expected at most 2");
        recurrent.closeState(0);
        assertThat(recurrent.openState()).isZero();
    }

    @Test
    void a_state_is_copied_for_a_sequence_that_goes_on_elsewhere() {
        KvCache recurrent = recurrent();
        Tensor states = recurrent.states(0);
        Tensor tails = recurrent.tails(0);
        k.copy(k.of(Shape.of(2, 8), 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0), states);
        k.copy(k.of(Shape.of(6, 2), 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0), tails);
        recurrent.copyState(k, 0, 1);
        assertThat(k.download(states)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(k.download(tails)).containsExactly(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
    }

    /// Two sequences, a layer with a state.
    private KvCache recurrent() {
        var kept = new KvCache.Kept(KvCache.PerToken.NONE, new KvCache.PerSequence(3, 2, 8));
        return new KvCache(k, List.of(kept), new KvCache.Capacity(5, 2));
    }

    @Test
    void refuses_to_truncate_to_more_than_it_has() {
        assertThatThrownBy(() -> cache.truncate(1))
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_cache: truncate to 1 tokens, expected 0 to 0");
    }
}
