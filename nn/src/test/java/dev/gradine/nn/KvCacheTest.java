package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.cpu.CpuKernels;
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

    @Test
    void new_rows_stand_behind_the_old_ones() {
        cache.appendKeys(k, 0, k.of(Shape.of(2, 2), 1, 2, 3, 4));
        cache.appendValues(k, 0, k.of(Shape.of(2, 2), 5, 6, 7, 8));
        cache.advance(2);
        assertThat(k.download(cache.appendKeys(k, 0, k.of(Shape.of(1, 2), 9, 10))))
                .containsExactly(1, 2, 3, 4, 9, 10);
        assertThat(k.download(cache.appendValues(k, 0, k.of(Shape.of(1, 2), 11, 12))))
                .containsExactly(5, 6, 7, 8, 11, 12);
    }

    @Test
    void tokens_count_only_once_every_layer_has_them() {
        cache.appendKeys(k, 0, k.zeros(Shape.of(2, 2)));
        assertThat(cache.length()).isZero();
        cache.advance(2);
        assertThat(cache.length()).isEqualTo(2);
        assertThat(cache.capacity()).isEqualTo(5);
    }

    @Test
    void layers_do_not_mix() {
        cache.appendKeys(k, 0, k.of(Shape.of(1, 2), 1, 2));
        assertThat(k.download(cache.appendKeys(k, 1, k.of(Shape.of(1, 2), 3, 4))))
                .containsExactly(3, 4);
    }

    @Test
    void truncating_forgets_the_last_tokens() {
        cache.appendKeys(k, 0, k.of(Shape.of(2, 2), 1, 2, 3, 4));
        cache.advance(2);
        cache.truncate(1);
        assertThat(k.download(cache.appendKeys(k, 0, k.of(Shape.of(1, 2), 9, 9))))
                .containsExactly(1, 2, 9, 9);
    }

    @Test
    void refuses_more_than_it_holds() {
        cache.advance(4);
        assertThatThrownBy(() -> cache.requireRoom(2))
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_cache: 2 tokens after 4, expected at most 5 in all");
    }

    @Test
    void refuses_to_truncate_to_more_than_it_has() {
        assertThatThrownBy(() -> cache.truncate(1))
                .isInstanceOf(ShapeException.class)
                .hasMessage("kv_cache: truncate to 1 tokens, expected 0 to 0");
    }
}
