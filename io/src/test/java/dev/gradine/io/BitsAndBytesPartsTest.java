package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What is written for a weight of four bits is, name by name and byte by byte, what bitsandbytes writes.
class BitsAndBytesPartsTest {

    private static final String PREFIX = "linear4bit.state.";

    @Test
    void names_and_bytes_are_those_of_bitsandbytes() {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors golden = Safetensors.open(Golden.golden("quant/expected.safetensors"), arena);
            Tensor w = BitsAndBytes.of(golden).tensor(PREFIX + "weight");
            List<TensorSource> parts = BitsAndBytesParts.of(PREFIX + "weight", w, DType.F32);
            List<String> expected = golden.names().stream()
                    .filter(n -> n.startsWith(PREFIX + "weight"))
                    .toList();
            assertThat(parts.stream().map(TensorSource::name)).containsExactlyInAnyOrderElementsOf(expected);
            for (TensorSource p : parts) {
                Tensor want = golden.tensor(p.name());
                assertThat(p.shape()).as(p.name()).isEqualTo(want.shape());
                assertThat(p.values().get().data().mismatch(want.data()))
                        .as(p.name())
                        .isEqualTo(-1);
            }
        }
    }
}
