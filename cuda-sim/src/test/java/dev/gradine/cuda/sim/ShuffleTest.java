package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ShuffleTest {

    private static final int ALL = -1;
    /// `c` of `__shfl_*_sync` with segments of `width` lanes.
    private static int down(int width) {
        return ((32 - width) << 8) | 31;
    }

    @Test
    void up_stops_at_the_start_of_its_segment() {
        int c = (32 - 8) << 8;
        assertThat(Shuffle.UP.source(5, 2, 0)).isEqualTo(3);
        assertThat(Shuffle.UP.source(1, 2, 0)).isEqualTo(-2);
        assertThat(Shuffle.UP.source(9, 2, c)).isEqualTo(-10);
        assertThat(Shuffle.UP.source(10, 2, c)).isEqualTo(8);
    }

    @Test
    void down_stops_at_the_end_of_its_segment() {
        assertThat(Shuffle.DOWN.source(5, 2, down(32))).isEqualTo(7);
        assertThat(Shuffle.DOWN.source(31, 1, down(32))).isEqualTo(-32);
        assertThat(Shuffle.DOWN.source(6, 2, down(8))).isEqualTo(-7);
        assertThat(Shuffle.DOWN.source(5, 2, down(8))).isEqualTo(7);
    }

    @Test
    void butterflies_pair_lanes_and_indices_count_within_the_segment() {
        assertThat(Shuffle.BFLY.source(5, 16, down(32))).isEqualTo(21);
        assertThat(Shuffle.BFLY.source(5, 8, down(8))).isEqualTo(-6);
        assertThat(Shuffle.IDX.source(29, 3, down(32))).isEqualTo(3);
        assertThat(Shuffle.IDX.source(29, 3, down(8))).isEqualTo(27);
        assertThat(Shuffle.IDX.source(1, 35, down(32))).isEqualTo(3);
    }

    @Test
    void values_move_and_lanes_without_source_keep_theirs() {
        int[] a = new int[32];
        for (int l = 0; l < 32; l++) a[l] = 100 + l;
        int valid = Shuffle.DOWN.move(ALL, filled(ALL), a, filled(4), filled(down(32)), a);
        assertThat(valid).isEqualTo(0x0fff_ffff);
        assertThat(a[0]).isEqualTo(104);
        assertThat(a[27]).isEqualTo(131);
        assertThat(a[28]).isEqualTo(128);
    }

    @Test
    void lanes_that_do_not_execute_are_left_alone() {
        int[] d = filled(7);
        Shuffle.IDX.move(0xff, filled(0xff), filled(1), filled(0), filled(31), d);
        assertThat(Arrays.stream(d).filter(x -> x == 1).count()).isEqualTo(8);
    }

    @Test
    void a_source_outside_the_mask_is_an_error() {
        assertThatThrownBy(() -> Shuffle.BFLY.move(0xff, filled(0xff), filled(1), filled(8), filled(31), filled(0)))
                .isInstanceOf(AccessException.class)
                .hasMessage("shfl.sync with mask 0x000000ff reads from lane 8, expected a lane of the mask");
    }

    @Test
    void a_lane_of_the_mask_that_is_elsewhere_is_an_error() {
        assertThatThrownBy(() -> Shuffle.BFLY.move(0xffff, filled(ALL), filled(1), filled(1), filled(31), filled(0)))
                .hasMessage("shfl.sync with mask 0xffffffff without lanes 0xffff0000, expected all lanes of the"
                        + " mask at it");
        assertThatThrownBy(() -> Shuffle.BFLY.move(3, filled(2), filled(1), filled(1), filled(31), filled(0)))
                .hasMessage("shfl.sync with mask 0x00000002, expected its own lane in it");
    }

    private static int[] filled(int value) {
        int[] lanes = new int[32];
        Arrays.fill(lanes, value);
        return lanes;
    }
}
