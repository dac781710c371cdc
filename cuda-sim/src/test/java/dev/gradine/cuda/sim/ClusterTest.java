package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.lanes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// A cluster of one block, and what a warpgroup does together.
final class ClusterTest {

    @Test
    void a_block_is_a_cluster_of_its_own() {
        assertThat(lanes(64, "mov.u32 %d, %cluster_ctarank;")).containsOnly(0);
        assertThat(lanes(64, "mov.u32 %d, %cluster_nctarank;")).containsOnly(1);
        assertThat(lanes(64, "mov.u32 %d, %clusterid.x;")).containsOnly(0);
        assertThat(lanes(64, "mov.u32 %d, %nclusterid.x;")).containsOnly(1);
        String mapped = "mov.u32 %r0, s;\nadd.u32 %r0, %r0, %tid;\nmapa.shared::cluster.u32 %r1, %r0, 0;\n"
                + "getctarank.shared::cluster.u32 %r2, %r1;\nsub.u32 %d, %r1, %r2;";
        assertThat(lanes(40, mapped)).startsWith(0, 1, 2).endsWith(38, 39);
        assertThatThrownBy(() -> lanes(40, "mapa.shared::cluster.u32 %r1, %tid, %tid;"))
                .hasMessageContaining("mapa for rank 1, expected 0 (a cluster has one block)");
    }

    @Test
    void its_barrier_is_one_of_the_block() {
        String write = "mov.u32 %r0, s;\nshl.b32 %r1, %tid, 2;\nadd.u32 %r0, %r0, %r1;\nst.shared.u32 [%r0], %tid;\n";
        String arrive = "barrier.cluster.arrive.release.aligned;\n";
        String wait = "barrier.cluster.wait.acquire.aligned;\n";
        String read = "xor.b32 %r1, %r1, 128;\nmov.u32 %r0, s;\nadd.u32 %r0, %r0, %r1;\nld.shared.u32 %d, [%r0];";
        assertThat(lanes(64, write + (arrive + wait).repeat(2) + read))
                .startsWith(32, 33)
                .endsWith(30, 31);
        assertThatThrownBy(() -> lanes(64, write + arrive + read)).isInstanceOf(Fault.class);
        assertThatThrownBy(() -> lanes(64, write + wait + read))
                .hasMessageContaining(
                        "barrier.cluster.wait.acquire.aligned without an arrival, expected arrive and wait,"
                                + " one after the other");
        assertThatThrownBy(() -> lanes(64, write + arrive + arrive))
                .hasMessageContaining("barrier.cluster.arrive.release.aligned a second time");
    }

    @Test
    void registers_are_asked_for_by_whole_warpgroups() {
        assertThat(lanes(128, "setmaxnreg.dec.sync.aligned.u32 24;\nmov.u32 %d, 7;"))
                .containsOnly(7);
        assertThatThrownBy(() -> lanes(64, "setmaxnreg.dec.sync.aligned.u32 24;"))
                .hasMessageContaining("setmaxnreg.dec.sync.aligned.u32 by warp 0 of a block of 2 warps, expected"
                        + " warpgroups of four whole warps");
    }

    @Test
    void hints_change_nothing() {
        String hints = "griddepcontrol.wait;\ngriddepcontrol.launch_dependents;\nprefetch.tensormap [%q0];\n";
        assertThat(lanes(32, hints + "mov.u32 %d, 7;")).containsOnly(7);
    }

    @Test
    void one_lane_is_elected() {
        String elect = "elect.sync _|%p0, -1;\nselp.u32 %d, 1, 0, %p0;";
        assertThat(lanes(32, elect)).startsWith(1, 0, 0).endsWith(0, 0);
    }
}
