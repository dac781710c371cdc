package dev.gradine.tensor.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.DropoutKernel;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ProfileTest {

    private static final long PLANTED_NANOS = 20_000_000;

    private static Profile profile(int leftOut, int steps, Consumer<Kernels> step) {
        Profile profile = new Profile(leftOut);
        try (Kernels run = profile.watch(CpuKernels.open())) {
            for (int i = 0; i < steps; i++) {
                profile.begin();
                step.accept(run);
                profile.end();
            }
        }
        return profile;
    }

    private static void spin() {
        for (long end = System.nanoTime() + PLANTED_NANOS; System.nanoTime() < end; ) Thread.onSpinWait();
    }

    private static void products(Kernels run) {
        try (Kernels k = run.openStep()) {
            Tensor a = k.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
            Tensor b = k.of(Shape.of(1, 3), 1, 1, 1);
            Tensor c = k.zeros(Shape.of(2, 1));
            k.matMul().nt(a, b, 1, false, c);
            k.matMul().nn(a, k.zeros(Shape.of(3, 4)), 1, false, k.zeros(Shape.of(2, 4)));
            assertThat(k.download(c)).containsExactly(6, 15);
        }
    }

    @Test
    void the_rows_add_up_to_the_whole_step() {
        Profile p = profile(1, 6, ProfileTest::products);
        assertThat(p.steps()).isEqualTo(5);
        double sum = p.rows().stream().mapToDouble(ProfileRow::seconds).sum();
        assertThat(sum).isCloseTo(p.seconds(), within(1e-9));
        assertThat(p.rows()).allSatisfy(r -> assertThat(r.seconds()).isNotNegative());
        for (ProfileRow r : p.rows()) {
            if (r.parts().isEmpty()) continue;
            assertThat(r.parts().stream().mapToDouble(ProfileRow::seconds).sum())
                    .isCloseTo(r.seconds(), within(1e-9));
        }
    }

    @Test
    void a_kernel_that_is_slow_is_found_on_top() {
        Profile slow = new Profile(3); // classes are loaded in the first steps
        DropoutKernel planted = (x, rate, seed, y) -> spin();
        DropoutKernel watched = (DropoutKernel) slow.kernel(DropoutKernel.class, planted);
        try (Kernels run = slow.watch(CpuKernels.open())) {
            for (int step = 0; step < 4; step++) {
                slow.begin();
                try (Kernels k = run.openStep()) {
                    Tensor x = k.of(Shape.of(4), 1, 2, 3, 4);
                    watched.apply(x, 0.5f, 1, x);
                    k.elementwise().fill(x, 0);
                }
                slow.end();
            }
        }
        ProfileRow top = slow.rows().getFirst();
        assertThat(top.name()).isEqualTo("dropout.apply");
        assertThat(top.seconds()).isGreaterThanOrEqualTo(PLANTED_NANOS * 1e-9);
        assertThat(top.calls()).isEqualTo(1);
    }

    @Test
    void time_outside_kernels_is_shown_as_such() {
        Profile p = profile(0, 1, run -> spin());
        assertThat(p.rows()).hasSize(1);
        assertThat(p.rows().getFirst().name()).isEqualTo("between kernels");
        assertThat(p.rows().getFirst().seconds()).isCloseTo(p.seconds(), within(1e-9));
    }

    @Test
    void products_are_counted_by_form_and_shape_with_their_arithmetic() {
        Profile p = profile(0, 3, ProfileTest::products);
        ProfileRow row = row(p, "matMul");
        assertThat(row.calls()).isEqualTo(6);
        assertThat(row.flop()).isEqualTo(3 * 2.0 * (2 * 3 + 2 * 3 * 4));
        assertThat(row.parts())
                .extracting(ProfileRow::name)
                .containsExactlyInAnyOrder("nt [2×3] [1×3]", "nn [2×3] [3×4]");
        assertThat(row.gflops()).isCloseTo(row.flop() / row.seconds() * 1e-9, within(1e-9));
        assertThat(row(p, "memory and copies").parts())
                .extracting(ProfileRow::name)
                .contains("download [2×1]");
    }

    @Test
    void warm_up_and_what_lies_between_steps_are_left_out() {
        Profile p = new Profile(2);
        try (Kernels run = p.watch(CpuKernels.open())) {
            for (int i = 0; i < 3; i++) {
                products(run);
                p.begin();
                run.zeros(Shape.of(1));
                p.end();
                p.end();
            }
        }
        assertThat(p.steps()).isEqualTo(1);
        assertThat(p.rows())
                .extracting(ProfileRow::name)
                .containsExactlyInAnyOrder("memory and copies", "between kernels");
    }

    @Test
    void an_error_of_a_kernel_comes_through_as_it_is() {
        try (Kernels run = new Profile(0).watch(CpuKernels.open())) {
            assertThatThrownBy(() -> run.upload(new float[3], run.zeros(Shape.of(2))))
                    .isInstanceOf(ShapeException.class)
                    .hasMessageStartingWith("upload: 3 values, expected 2");
        }
    }

    @Test
    void the_table_shows_ops_and_their_larger_parts() {
        List<String> lines =
                profile(1, 4, ProfileTest::products).table().lines().toList();
        assertThat(lines.getFirst()).matches("a step's time, mean of 3 steps +ms +share +calls +GFLOP/s");
        assertThat(lines).anyMatch(l -> l.matches("matMul +[\\d.]+ +[\\d.]+ % +2 +\\d+"));
        assertThat(lines).anyMatch(l -> l.matches("  nt \\[2×3] \\[1×3] +[\\d.]+ +[\\d.]+ % +1 +\\d+"));
        assertThat(lines).anyMatch(l -> l.matches("between kernels +[\\d.]+ +[\\d.]+ % *"));
        assertThat(lines.getLast()).matches("the whole step +[\\d.]+ +100.0 % *");
        assertThat(profile(2, 2, ProfileTest::products).table())
                .isEqualTo("profile: no step after the first 2, which are not counted%n".formatted());
    }

    private static ProfileRow row(Profile p, String name) {
        return p.rows().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
    }
}
