package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// All optimisers together, and the groups they are given.
class OptimizersTest {

    @Test
    void every_optimiser_there_is_can_be_asked_for_by_name() {
        List<Class<?>> named = Optimizer.Settings.all().stream()
                .<Class<?>>map(Object::getClass)
                .toList();
        List<Class<?>> permitted = Stream.of(UpdateRule.class, EightBit.class)
                .flatMap(type -> Stream.<Class<?>>of(type.getPermittedSubclasses()))
                .filter(Class::isRecord)
                .toList();
        assertThat(named).containsExactlyInAnyOrderElementsOf(permitted);
        assertThat(Optimizer.Settings.all().stream().map(Optimizer.Settings::name))
                .doesNotHaveDuplicates();
    }

    @Test
    void every_optimiser_keeps_the_contract_in_a_test_of_its_name() throws ClassNotFoundException {
        for (Optimizer.Settings s : Optimizer.Settings.all()) {
            Class<?> test = Class.forName(s.getClass().getName() + "Test");
            assertThat(test).isAssignableTo(OptimizerContract.class);
        }
    }

    @Test
    void a_name_that_is_none_is_refused() {
        assertThatThrownBy(() -> Optimizer.Settings.named("adamax"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("optimizer: \"adamax\", expected one of adamw, adam, adamw-8bit, lion-8bit, ademamix,"
                        + " lion, sgd, adafactor, muon, lora-fa");
    }

    /// Gives every parameter the sign of its gradient: an optimiser from elsewhere.
    private record SignDescent() implements Optimizer.Custom {
        @Override
        public String name() {
            return "sign";
        }

        @Override
        public Optimizer over(List<Group> groups, Kernels run) {
            return new Optimizer() {
                @Override
                public void step(int t, double lr, double gradScale) {
                    groups.forEach(g -> g.params().values().forEach(p -> {
                        float[] x = run.download(p.value());
                        float[] dx = run.download(p.grad());
                        for (int i = 0; i < x.length; i++) x[i] -= (float) lr * Math.signum(dx[i]);
                        run.upload(x, p.value());
                        run.elementwise().fill(p.grad(), 0);
                    }));
                }

                @Override
                public SequencedMap<String, Tensor> state() {
                    return new LinkedHashMap<>();
                }
            };
        }
    }

    @Test
    void an_optimiser_from_elsewhere_needs_no_edit() {
        try (Vectors v = new Vectors(new SignDescent(), 0)) {
            v.gradients(1, 1);
            v.step(1, 0.5, 1);
            float[] start = Vectors.start();
            for (int i = 0; i < start.length; i++) {
                assertThat(Math.abs(v.values()[i] - start[i])).isEqualTo(0.5f, within(1e-6f));
            }
        }
    }

    @Test
    void all_is_decayed_but_biases_and_norms_in_the_order_it_came() {
        try (Kernels run = CpuKernels.open()) {
            SequencedMap<String, Param> params = new LinkedHashMap<>();
            for (String name : List.of("w1", "w2", "bias1", "w3", "norm.weight", "magnitude")) {
                Shape shape = name.startsWith("w") ? Shape.of(2, 2) : Shape.of(2);
                params.put(name, Param.trained(name, run.zeros(shape), run));
            }
            List<Group> groups = Group.decayingMatrices(params, 0.1);
            assertThat(groups.stream().map(g -> g.params().keySet() + " " + g.decay()))
                    .containsExactly("[w1, w2] 0.1", "[bias1] 0.0", "[w3] 0.1", "[norm.weight] 0.0", "[magnitude] 0.1");
            assertThat(groups).allMatch(g -> g.lrFactor() == 1);
            assertThat(Group.decayingMatrices(params, 0)).hasSize(1);
        }
    }
}
