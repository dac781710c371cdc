package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Approximation;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Schedule;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Instruction;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Kernels keep their tolerance whatever a GPU may legally do: approximations at either end of what is allowed, warps
/// in any order, tensor cores of another generation. Every 48th case of all kernels, each time other ones.
final class ModesTest {

    private static final int STRIDE = 48;

    @Test
    void approximations_may_be_above() {
        check(Options.defaults().with(Approximation.ABOVE).with(Schedule.random(1)), approximating(), 0);
    }

    @Test
    void approximations_may_be_below() {
        check(Options.defaults().with(Approximation.BELOW).with(Schedule.random(2)), approximating(), 5);
    }

    @Test
    void warps_may_run_in_any_order() {
        check(Options.defaults().with(Schedule.random(3)), KernelCases.all(), 1);
    }

    @Test
    void tensor_cores_may_be_those_of_sm_90() {
        List<KernelCase> tensor = KernelCases.all().stream()
                .filter(c -> c.toString().matches("(mat_mul|attention|low_rank|nf4_mat_mul|int8_mat_mul).*BF16.*"))
                .toList();
        check(Options.defaults().withCapability(90), tensor, 2);
    }

    private static void check(Options options, List<KernelCase> cases, int first) {
        List<String> wrong = new ArrayList<>();
        try (Kernels cpu = CpuKernels.open();
                Kernels device = CudaKernels.open(new Simulator(options))) {
            for (int i = first; i < cases.size(); i += STRIDE) {
                double error = cases.get(i).error(device, cpu);
                if (error > 1) wrong.add(cases.get(i) + ": " + error + " times the bound");
            }
        }
        assertThat(cases.size()).isGreaterThan(first);
        assertThat(wrong).isEmpty();
    }

    /// Cases of kernels that have an `.approx` instruction.
    private static List<KernelCase> approximating() {
        Set<String> entries = new TreeSet<>();
        for (String stem : List.of("activation", "attention", "softmax", "log_prob")) {
            for (Entry e : Simulator.shipped(stem).entries()) if (approximates(e)) entries.add(e.name());
        }
        assertThat(entries).isNotEmpty();
        return KernelCases.all().stream()
                .filter(c -> entries.stream().anyMatch(e -> e.startsWith(firstWord(c))))
                .toList();
    }

    private static boolean approximates(Entry e) {
        for (Instruction i : e.instructions()) if (i.has("approx")) return true;
        return false;
    }

    private static String firstWord(KernelCase c) {
        return c.toString().substring(0, c.toString().indexOf(' '));
    }
}
