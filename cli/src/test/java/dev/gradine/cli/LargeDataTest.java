package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.Dpo;
import dev.gradine.align.Kto;
import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.data.DataSet;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.BatchSettings;
import dev.gradine.train.Run;
import dev.gradine.train.RunFiles;
import dev.gradine.train.RunHost;
import dev.gradine.train.RunSettings;
import dev.gradine.train.TrainingData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A data set that stays in its file teaches what it teaches from memory.
class LargeDataTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
    }

    private byte[] trained(Recipe<?> recipe, Path data, long held, BatchSettings batches) throws IOException {
        Path out = temp.resolve("out-" + held);
        var files = RunFiles.of(temp.resolve("model"), data, out);
        DataSet.Split split = DataSet.read(data, held).split(0.2, 1);
        assertThat(split.train().isLarge()).isEqualTo(held == 0);
        var rows = new TrainingData(split.train(), List.of(split.eval()));
        try (LoadedModel m = new LoadedModel(temp.resolve("model"), CpuKernels::open)) {
            AdapterSet adapted = AdapterSet.fresh(
                    m.model(), Lora.of(4, 8), Selection.of("all-linear"), m.run(), new SplittableRandom(1));
            Run.of(recipe, RunSettings.of(recipe, files).with(batches)).train(m.open(), adapted, rows, RunHost.NONE);
        }
        return Values.bytes(out.resolve("adapter_model.safetensors"));
    }

    private static BatchSettings batches(boolean byLength) {
        BatchSettings usual = BatchSettings.defaults();
        return new BatchSettings(6, null, 2, null, false, true, byLength, usual.packing(), usual.mixture(), 0, false);
    }

    private void assertSame(Recipe<?> recipe, Path data, BatchSettings batches) throws IOException {
        assertThat(trained(recipe, data, 0, batches)).isEqualTo(trained(recipe, data, Long.MAX_VALUE, batches));
        assertThat(Values.timeless(temp.resolve("out-0")))
                .isEqualTo(Values.timeless(temp.resolve("out-" + Long.MAX_VALUE)));
    }

    @Test
    void fine_tuning_gives_the_same_bytes() throws IOException {
        Path data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 13, 12, 1);
        assertSame(Sft.defaults(), data, batches(false));
    }

    @Test
    void batches_of_similar_length_do_too() throws IOException {
        Path data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 13, 12, 1);
        assertSame(Sft.defaults(), data, batches(true));
    }

    @Test
    void pairs_do_too() throws IOException {
        Path data = TinyModel.pairs(temp.resolve("pairs.jsonl"), 11);
        assertSame(Dpo.defaults(), data, batches(false));
    }

    @Test
    void a_table_does_too() throws IOException {
        String rows = "prompt,chosen,rejected\n" + "\"a,\nb\",c,d\nb,\"\"\"d\",c\n".repeat(6);
        assertSame(Dpo.defaults(), TinyModel.text(temp.resolve("pairs.csv"), rows), batches(false));
    }

    /// Each answer is compared with that of another row.
    @Test
    void judged_answers_do_too() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            rows.append("{\"prompt\":\"%s\",\"completion\":\"%s\",\"label\":%b}\n"
                    .formatted("ab".repeat(1 + i % 3), "ba".repeat(1 + i % 4), i % 2 == 0));
        }
        assertSame(Kto.defaults(), TinyModel.text(temp.resolve("judged.jsonl"), rows.toString()), batches(false));
    }
}
