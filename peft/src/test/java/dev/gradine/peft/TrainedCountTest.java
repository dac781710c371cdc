package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is counted is what is made.
class TrainedCountTest {

    private final Kernels run = CpuKernels.open();
    private final Places places = Places.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    static Stream<Method> methods() {
        return MethodExamples.all();
    }

    private void same(Method method, Selection where) {
        AdapterSet made = AdapterSet.fresh(places, method, where, run, new SplittableRandom(1));
        assertThat(TrainedCount.of(places, method, where).total()).isEqualTo(made.trainedValues());
    }

    @ParameterizedTest
    @MethodSource("methods")
    void the_count_of_a_method_is_the_number_of_values_it_trains(Method method) {
        same(method, MethodExamples.everywhere(method));
    }

    @Test
    void copies_biases_and_exceptions_count() {
        String first = places.linears().getFirst().path();
        Targets one = new Targets.Suffixes(List.of(first));
        same(Lora.of(2, 4), Selection.of(one));
        same(Lora.of(2, 4), Selection.of(one).training("all"));
        String other = places.linears().getLast().path();
        same(
                Lora.of(2, 4),
                new Selection(one, new Targets.None(), List.of(), List.of(), List.of(other), Beside.NOTHING));
    }

    @Test
    void nothing_trained_is_refused() {
        Selection none = Selection.of(new Targets.Suffixes(List.of("abacus")));
        assertThatThrownBy(() -> TrainedCount.of(places, Lora.of(2, 4), none))
                .isInstanceOf(AdapterException.class)
                .hasMessage("targets: %s matches nothing that lora adapts".formatted(none.targets()));
    }
}
