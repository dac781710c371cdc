package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.Sft;
import dev.gradine.io.CheckpointException;
import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weights;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Schedule;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A disk that is too small is found before the first step. The disk is pretended.
class RunFolderTest {

    private static final int C = 64;
    private static final long LAYER = 4L * (C + C) * 16 * 7; // bytes of adapters of rank 16 on 7 matrices of 64 × 64

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = Families.builtIn()
            .build(
                    new ModelConfig(Map.of(
                            "model_type",
                            "llama",
                            "vocab_size",
                            8,
                            "hidden_size",
                            C,
                            "intermediate_size",
                            C,
                            "num_hidden_layers",
                            40,
                            "num_attention_heads",
                            1,
                            "tie_word_embeddings",
                            true)),
                    new Weights((_, shape) -> Tensor.zeros(Arena.ofAuto(), DType.F32, shape), run));

    @AfterEach
    void close() {
        run.close();
    }

    private void require(int saveEvery, RunFolder.Disk disk) {
        RunSettings settings = RunSettings.of(Sft.defaults(), RunFiles.of(temp, temp, temp.resolve("a/b")));
        TrainSettings train =
                new TrainSettings(1, 1, 1e-4, new Schedule.Constant(), 0, AdamW.defaults(), 0, 1, 42, 0, saveEvery);
        AdapterSet adapted =
                AdapterSet.fresh(model, Lora.defaults(), Selection.of("all-linear"), run, new SplittableRandom(1));
        assertThat(4 * adapted.trainedValues()).isEqualTo(40 * LAYER);
        RunFolder.requireSpace(settings.with(train), adapted, disk);
    }

    /// The adapter, and of two checkpoints the adapter again with parameter and two moments of each value; and 8 MB.
    @ParameterizedTest
    @CsvSource({"0, 1", "10, 9"})
    void a_run_needs_room_for_its_adapter_and_two_checkpoints(int saveEvery, int adapters) {
        long needed = LAYER * 40 * adapters + (8L << 20);
        assertThatCode(() -> require(saveEvery, _ -> needed)).doesNotThrowAnyException();
        assertThatThrownBy(() -> require(saveEvery, _ -> needed - 1))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("%s: the disk has %d MB left, expected %d MB for the adapter and its checkpoints"
                        .formatted(temp.resolve("a/b"), (needed - 1) >> 20, (needed >> 20) + 1));
    }

    @Test
    void the_disk_is_that_of_the_nearest_folder_there_is() throws IOException {
        List<Path> asked = new ArrayList<>();
        RunFolder.Disk disk = place -> {
            asked.add(place);
            return Long.MAX_VALUE;
        };
        require(0, disk);
        Files.createDirectory(temp.resolve("a"));
        require(0, disk);
        assertThat(asked).containsExactly(temp, temp.resolve("a"));
    }
}
