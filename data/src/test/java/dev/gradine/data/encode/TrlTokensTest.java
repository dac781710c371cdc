package dev.gradine.data.encode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.DataSet;
import dev.gradine.data.batch.BatchOrder;
import dev.gradine.data.chat.FolderTemplate;
import dev.gradine.data.token.FolderTokenizer;
import dev.gradine.data.token.SpecialTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// Token counts of TRL's trainers, which log how many real tokens they have seen after every step.
class TrlTokensTest {
    private static final Path RUNS = Path.of("src/test/resources/trl");

    private static TextCodec codec() throws IOException {
        Path base = RUNS.resolve("base");
        return new TextCodec(FolderTokenizer.read(base, SpecialTokens.none()), FolderTemplate.read(base));
    }

    private static List<Long> logged(String set) throws IOException {
        List<Long> out = new ArrayList<>();
        for (String line : Files.readAllLines(RUNS.resolve(set + "/steps.jsonl"))) {
            out.add((long) JsonMapper.shared().readTree(line).path("num_tokens").asDouble());
        }
        return out;
    }

    private static List<Long> counted(int[] lengths, int steps) {
        var order = BatchOrder.inOrder(lengths.length, 4);
        List<Long> out = new ArrayList<>();
        long total = 0;
        for (int step = 0; step < steps; step++) {
            for (int i : order.rows(step)) total += lengths[i];
            out.add(total);
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {"sft", "sft-completion-only"})
    void sft_sequences_have_the_references_lengths(String set) throws IOException {
        DataSet data = DataSet.read(RUNS.resolve(set + "/data.jsonl"));
        var encoded = new SftEncoder(codec(), LossMask.AUTO, 512).encode(data);
        int[] lengths =
                encoded.examples().stream().mapToInt(LabelledTokens::tokens).toArray();
        assertThat(counted(lengths, 6)).isEqualTo(logged(set));
        assertThat(encoded.counts().broken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dpo"})
    void preference_pairs_have_the_references_lengths(String set) throws IOException {
        DataSet data = DataSet.read(RUNS.resolve(set + "/data.jsonl"));
        var encoded = new PreferenceEncoder(codec(), 512).encode(data);
        int[] lengths = encoded.examples().stream()
                .mapToInt(p -> p.chosen().tokens() + p.rejected().tokens())
                .toArray();
        assertThat(counted(lengths, 6)).isEqualTo(logged(set));
    }

    @Test
    void a_completion_starts_right_after_the_generation_prompt() throws IOException {
        TextCodec codec = codec();
        DataSet data = DataSet.read(RUNS.resolve("sft-completion-only/data.jsonl"));
        LabelledTokens e =
                new SftEncoder(codec, LossMask.AUTO, 512).encode(data.rows().getFirst());
        int[] learnt = Arrays.stream(e.labels()).filter(l -> l >= 0).toArray();
        assertThat(codec.tokenizer().decode(learnt, false))
                .isEqualTo("The colors of the rainbow are red, orange, yellow, green, blue, indigo, violet."
                        + "<|im_end|>\n");
    }
}
