package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.check.DroppedWaits.Dropped;
import dev.gradine.cuda.sim.Options;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A wait that a kernel needs is missed by a case, and one that it does not need is named.
class DroppedWaitsTest {

    private static List<Dropped> dropped(List<KernelCase> cases, int capability, String stem) {
        List<Dropped> all = new ArrayList<>();
        try (Kernels cpu = CpuKernels.open()) {
            new DroppedWaits(cases, Options.defaults().withCapability(capability), cpu).run(stem, all::add);
        }
        return all;
    }

    @Test
    void waits_of_sums_are_missed_but_the_first_where_a_block_has_one_sum_alone() {
        List<Dropped> all = dropped(ReduceCases.all(), 80, "reduce");
        assertThat(all).hasSizeGreaterThan(4).allSatisfy(d -> {
            boolean isFirst = d.place().contains("reduce.cuh:31"); // there for kernels that sum more than once
            boolean sumsOnce = !d.toString().startsWith("reduce_row_sums");
            if (sumsOnce) assertThat(d.caught().isEmpty()).as(d.toString()).isEqualTo(isFirst);
            else if (!isFirst) assertThat(d.caught()).as(d.toString()).isNotEmpty();
        });
        String missed = "reduce_squares_f32: bar.sync 0;, PTX line \\d+ \\(reduce.cuh:31\\): MISSED BY NO CASE";
        assertThat(all).anySatisfy(d -> assertThat(d.toString()).matches(missed));
    }

    @Test
    void a_barrier_that_counts_bytes_is_a_wait_too() {
        List<KernelCase> one = List.of(MatMulCases.hopper().getFirst());
        List<Dropped> all = dropped(one, 90, "mat_mul.sm_90a");
        assertThat(all)
                .filteredOn(d -> d.instruction().startsWith("mbarrier.try_wait"))
                .isNotEmpty()
                .anySatisfy(d -> assertThat(d.caught()).contains("mat_mul.sm_90a.cu"));
    }
}
