package dev.gradine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionTest {

    private final List<Measured> rows = new ArrayList<>();

    private static Contest sum(Kernels k) {
        Tensor a = Values.uniform(k, 1, 3, 1000);
        Tensor b = Values.uniform(k, 2, 3, 1000);
        Tensor y = k.empty(a.shape());
        return new Contest(() -> k.elementwise().add(a, b, y), () -> k.download(y), peer -> peer.add(a, b));
    }

    @Test
    void a_work_is_measured_beside_the_peer() {
        HostPeer peer = new HostPeer(1);
        try (Kernels run = CpuKernels.open()) {
            Session session = new Session(run, List.of(peer), new Choice(work -> work.equals("sum"), 0.1), rows::add);
            session.traffic("another", 1, k -> {
                throw new AssertionError("not wanted, so not made ready");
            });
            session.traffic("sum", 36e-6, SessionTest::sum);
        }
        assertThat(rows).extracting(Measured::work).containsExactly("sum");
        Measured row = rows.getLast();
        assertThat(row.peers()).hasSize(1);
        assertThat(row.peers().getFirst().best())
                .isGreaterThanOrEqualTo(row.peers().getFirst().median());
        assertThat(row.best()).isGreaterThanOrEqualTo(row.median()).isPositive();
        assertThat(peer.told()).containsExactly(CpuKernels.threads());
        assertThat(peer.closed()).isEqualTo(1);
    }

    @Test
    void a_peer_with_another_result_is_an_error_before_anything_is_timed() {
        HostPeer wrong = new HostPeer(1.01f);
        try (Kernels run = CpuKernels.open()) {
            Session session = new Session(run, List.of(wrong), new Choice(work -> true, 0.1), rows::add);
            assertThatThrownBy(() -> session.traffic("sum", 1, SessionTest::sum))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("sum: value \\d+ is \\S+, the peer has \\S+");
        }
        assertThat(rows).isEmpty();
        assertThat(wrong.closed()).isEqualTo(1);
    }

    @Test
    void one_thread_is_said_to_both_sides_and_in_the_name() {
        HostPeer peer = new HostPeer(1);
        try (Kernels run = CpuKernels.open()) {
            Session session = new Session(run, List.of(peer), new Choice(work -> true, 0.01), rows::add);
            session.onOneThread(one -> one.arithmetic("sum", 1, SessionTest::sum));
        }
        int all = CpuKernels.threads();
        assertThat(peer.told()).isEqualTo(all == 1 ? List.of(1) : List.of(all, 1, all));
        if (all == 1) return;
        assertThat(rows)
                .extracting(Measured::work)
                .containsExactly("multiply-adds in registers: the peak, 1 thread", "sum, 1 thread");
    }
}
