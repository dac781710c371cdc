package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.testkit.Cases;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Tables grow with what is read, and a row is turned by its own position wherever a pass begins.
class RotaryTest {

    @Test
    void a_later_table_holds_the_bits_of_an_earlier_one() {
        try (Kernels k = CpuKernels.open()) {
            RopeFrequencies f = RopeFrequencies.of(10_000, 6);
            float[] whole = k.download(f.rotary().angles(k, 0, 100, false).cos());
            Rotary grown = f.rotary();
            for (int to : new int[] {1, 3, 4, 50, 100}) {
                float[] part = k.download(grown.angles(k, to - 1, 1, false).cos());
                assertThat(part).containsExactly(Arrays.copyOfRange(whole, (to - 1) * 3, to * 3));
            }
        }
    }

    @Test
    void a_continuation_turns_as_the_whole_text_does() {
        try (Kernels run = CpuKernels.open()) {
            Rotary rotary = RopeFrequencies.of(10_000, 6).rotary();
            float[] x = Cases.plain(3, 9 * 12, 1);
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.noGrad(k);
                Pass whole = Pass.of(tape, TokenBatch.of(List.of(new int[9])));
                float[] all = k.download(rotary.rotate(tape.constant(k.of(Shape.of(9, 12), x)), whole)
                        .value());
                KvCache cache = new KvCache(k, 0, 9, 12);
                cache.advance(7);
                Pass rest = Pass.continuing(tape, new int[2], cache);
                float[] last = Arrays.copyOfRange(x, 7 * 12, 9 * 12);
                float[] turned = k.download(rotary.rotate(tape.constant(k.of(Shape.of(2, 12), last)), rest)
                        .value());
                assertThat(turned).containsExactly(Arrays.copyOfRange(all, 7 * 12, 9 * 12));
            }
        }
    }

    @Test
    void a_table_holds_only_the_positions_of_the_pass() {
        try (Kernels k = CpuKernels.open()) {
            RopeAngles t = RopeFrequencies.of(10_000, 6).rotary().angles(k, 1000, 2, false);
            assertThat(t.cos().shape()).isEqualTo(Shape.of(2, 3));
            assertThat(t.sin().shape()).isEqualTo(Shape.of(2, 3));
        }
    }
}
