package dev.gradine.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// PyTorch's side does the same works, under the same names.
class TorchTest {

    @Test
    void its_sizes_are_ours() throws IOException {
        GpuBenchSettings s = GpuBenchSettings.ofGpu();
        GpuBenchSettings.Layer l = s.layer();
        String gemm = s.gemm().toString().replace('[', '(').replace(']', ')');
        String lengths = s.sequences().toString().replace('[', '(').replace(']', ')');
        assertThat(script())
                .contains("\nROWS, WIDE = %d, %d\n".formatted(s.rows(), s.wide()))
                .contains("\nATTENTION_TOKENS, ATTENTION_WIDTH = %d, %d\n"
                        .formatted(s.attentionTokens(), s.attentionWidth()))
                .contains("\nTOKENS, HIDDEN, KEYS, INTERMEDIATE, VOCABULARY, RANK = %d, %d, %d, %d, %d, %d\n"
                        .formatted(l.tokens(), l.hidden(), l.keys(), l.intermediate(), l.vocabulary(), l.rank()))
                .contains("for n in " + gemm + "]")
                .contains("for t in " + lengths + " for d in (64, 128)]")
                .contains("products(%d, torch.float32".formatted(s.gemmF32()));
    }

    @Test
    void its_lines_are_names_and_seconds_and_others_are_not_its() {
        Torch torch = Torch.parse("a warning\nadd\t0.000125\nlinear + cross-entropy, trained\t0.05\n");
        assertThat(torch.seconds()).isEqualTo(Map.of("add", 0.000125, "linear + cross-entropy, trained", 0.05));
        assertThat(torch.absent()).isEmpty();
        assertThat(Torch.parse("a warning\n").absent()).isEqualTo("torch measured nothing");
    }

    private static String script() throws IOException {
        try (InputStream in = Objects.requireNonNull(Torch.class.getResourceAsStream("torch_bench.py"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
