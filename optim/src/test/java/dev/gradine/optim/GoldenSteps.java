package dev.gradine.optim;

import dev.gradine.autograd.Param;
import dev.gradine.io.Safetensors;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Twenty gradients over five tensors, and what the reference implementations make of them after steps 1 and 20.
final class GoldenSteps {

    private GoldenSteps() {}

    /// Skips the calling test where there are no golden values. The reference decays vectors, too.
    static void check(Optimizer.Settings settings, String name, double lr, double decay) {
        check(settings, name, lr, decay, Tolerance.trained());
    }

    /// The same for a reference that rounds more coarsely. Parameters that it does not have are left out.
    static void check(Optimizer.Settings settings, String name, double lr, double decay, Tolerance tolerance) {
        run(settings, name, lr, decay, new Compare(tolerance));
    }

    /// Takes the steps, and looks at steps 1 and 20.
    static void run(Optimizer.Settings settings, String name, double lr, double decay, Look look) {
        Path folder = Golden.golden("optim");
        try (Arena arena = Arena.ofShared();
                Kernels run = CpuKernels.open()) {
            Safetensors given = Safetensors.open(folder.resolve("gradients.safetensors"), arena);
            Safetensors expected = Safetensors.open(folder.resolve(name + ".safetensors"), arena);
            SequencedMap<String, Param> params = new LinkedHashMap<>();
            for (String n : List.of("matrix", "odd", "tall", "vector", "wide")) {
                if (expected.names().contains(n + ".1")) params.put(n, param(n, given.tensor("start." + n), run));
            }
            Optimizer optimizer = settings.over(List.of(new Group(params, 1, decay)), run);
            for (int t = 1; t <= 20; t++) {
                int at = t - 1;
                params.forEach((n, p) -> run.copy(run.fromHost(given.tensor("g." + at + "." + n)), p.grad()));
                optimizer.step(t, lr, 1);
                if (t == 1 || t == 20) look.at(t, params, optimizer, expected);
            }
        }
    }

    private static Param param(String name, Tensor stored, Kernels run) {
        Tensor value = run.zeros(stored.shape());
        run.copy(run.fromHost(stored), value);
        return Param.trained(name, value, run);
    }

    /// Sees parameters and state after a step.
    interface Look {
        void at(int t, SequencedMap<String, Param> params, Optimizer optimizer, Safetensors expected);
    }

    private record Compare(Tolerance tolerance) implements Look {
        @Override
        public void at(int t, SequencedMap<String, Param> params, Optimizer optimizer, Safetensors expected) {
            params.forEach((n, p) -> {
                String what = n + "." + t;
                double[] want = Cases.doubles(expected.tensor(what).toFloats());
                Teeth.bite(p.value().toFloats(), got -> tolerance.check(what, got, want));
            });
        }
    }
}
