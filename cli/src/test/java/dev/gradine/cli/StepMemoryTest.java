package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.Labelled;
import dev.gradine.peft.AdaptedModel;
import dev.gradine.peft.LoraConfig;
import dev.gradine.peft.Targets;
import dev.gradine.train.AdamW;
import dev.gradine.train.Batches;
import dev.gradine.train.Schedule;
import dev.gradine.train.SftObjective;
import dev.gradine.train.TrainSettings;
import dev.gradine.train.Trainer;
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

    private static final int STEPS = 400;
    private static final int LENGTH = 24;

    @TempDir
    private Path temp = Path.of("");

    /// What stood after each step.
    private static final class Log implements Trainer.Listener {
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
        public void save(int step, long tokens) {}

        private static long allocated() {
            return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                    .getCurrentThreadAllocatedBytes();
        }
    }

    private Log trained() {
        try (LoadedModel m = new LoadedModel(TinyModel.write(temp.resolve("model")))) {
            LoraConfig config = LoraConfig.of(4, 8, Targets.parse("all-linear"));
            AdaptedModel adapted = AdaptedModel.fresh(m.model(), config, m.run(), new SplittableRandom(1));
            int[] ids = new SplittableRandom(2).ints(LENGTH, 0, TinyModel.VOCAB).toArray();
            List<Labelled> batch = List.of(new Labelled(ids, ids), new Labelled(ids, ids));
            Batches<Labelled> batches = new Batches<>() {
                @Override
                public List<List<Labelled>> step(int step) {
                    return List.of(batch, batch);
                }

                @Override
                public double epochAfter(int step) {
                    return step;
                }
            };
            var task = new Trainer.Task<>(
                    new SftObjective(m.model()), adapted.trained(), _ -> {}, batches, List.<List<Labelled>>of());
            var settings = new TrainSettings(STEPS, 2, 2, 1e-3, Schedule.CONSTANT, 0, AdamW.Settings.of(0, 1), 1, 0, 0);
            Log log = new Log(m);
            new Trainer<>(settings, task, m.run(), log).run(() -> false);
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
        List<Long> h = new ArrayList<>();
        for (int i = 1; i < STEPS; i++) h.add(log.heap.get(i) - log.heap.get(i - 1));
        System.out.println("@@" + h);
    }
}
