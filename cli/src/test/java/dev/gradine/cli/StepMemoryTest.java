package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.Sft;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Policy;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Batches;
import dev.gradine.optim.Schedule;
import dev.gradine.optim.StepLoop;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A step leaves nothing behind: neither tensors nor, once the program is warm, more and more objects.
class StepMemoryTest {

    private static final int STEPS = 251;
    private static final int WINDOW = 50;
    private static final int LENGTH = 24;

    @TempDir
    private Path temp = Path.of("");

    /// What stood after each step.
    private static final class Log implements StepLoop.Listener {
        private final LoadedModel m;
        final List<Long> inUse = new ArrayList<>();
        final List<Long> peak = new ArrayList<>();
        final List<Long> heap = new ArrayList<>();

        Log(LoadedModel m) {
            this.m = m;
        }

        @Override
        public void step(int step, SequencedMap<String, Double> metrics) {
            inUse.add(m.run().bytesInUse());
            peak.add(m.run().peakStepBytes());
            heap.add(allocated());
        }

        @Override
        public void evaluated(int step, SequencedMap<String, Double> metrics) {}

        @Override
        public void save(int step, double work) {}

        private static long allocated() {
            return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                    .getCurrentThreadAllocatedBytes();
        }
    }

    private Log trained() {
        try (LoadedModel m = new LoadedModel(TinyModel.write(temp.resolve("model")))) {
            AdapterSet adapted = AdapterSet.fresh(
                    m.model(), Lora.of(4, 8), Selection.of("all-linear"), m.run(), new SplittableRandom(1));
            int[] ids = new SplittableRandom(2).ints(LENGTH, 0, TinyModel.VOCAB).toArray();
            List<LabelledTokens> batch = List.of(new LabelledTokens(ids, ids), new LabelledTokens(ids, ids));
            Batches<LabelledTokens> batches = new Batches<>() {
                @Override
                public List<List<LabelledTokens>> step(int step) {
                    return List.of(batch, batch);
                }

                @Override
                public double epochAfter(int step) {
                    return step;
                }
            };
            var settings =
                    new TrainSettings(STEPS, 2, 1e-3, new Schedule.Constant(), 0, AdamW.defaults(), 0, 1, 1, 0, 0);
            var task = new StepLoop.Task<>(
                    PolicyObjective.of(Sft.defaults(), new Learner(new Policy(m.model(), adapted), false)),
                    settings.groups(adapted.trained()),
                    batches,
                    List.<List<LabelledTokens>>of());
            Log log = new Log(m);
            new StepLoop<>(settings, task, m.run(), log).run(() -> false);
            return log;
        }
    }

    @Test
    void bytes_of_tensors_stay_what_they_were_after_the_second_step() {
        Log log = trained();
        assertThat(log.inUse).hasSize(STEPS);
        assertThat(log.inUse.subList(1, STEPS)).containsOnly(log.inUse.get(1));
        assertThat(log.peak.subList(1, STEPS)).containsOnly(log.peak.get(1));
        assertThat(log.peak.get(1)).isPositive();
        requireNoGrowth(log.heap);
    }

    /// What a step allocates falls while its code is being compiled and must never creep up. The least of 50 steps is
    /// at most that of the 50 before, and 24 bytes for each number in the test's own lists.
    private static void requireNoGrowth(List<Long> allocated) {
        long least = Long.MAX_VALUE / 2;
        for (int from = 1; from + WINDOW <= allocated.size(); from += WINDOW) {
            long now = Long.MAX_VALUE;
            for (int i = from; i < from + WINDOW; i++) now = Math.min(now, allocated.get(i) - allocated.get(i - 1));
            assertThat(now).as("least bytes of a step from step " + from).isLessThanOrEqualTo(least + 24L * STEPS);
            least = now;
        }
    }

    @Test
    void a_step_that_allocates_more_and_more_would_be_noticed() {
        List<Long> creeping = new ArrayList<>(List.of(0L));
        for (int i = 1; i < STEPS; i++) creeping.add(creeping.getLast() + 100_000 + 200L * i);
        assertThatThrownBy(() -> requireNoGrowth(creeping)).isInstanceOf(AssertionError.class);
    }
}
