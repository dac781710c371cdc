package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The shipped sum of two tensors runs end to end, and what it may not touch is out of its reach.
final class SimulatorTest {

    private static final Kernel ADD = new Kernel("elementwise", "elementwise_add");

    /// A sum of two tensors in the test's own file, the lines of which stay.
    private static Simulator add() {
        return new Simulator(Options.defaults(), stem -> {
            try (InputStream in = SimulatorTest.class.getResourceAsStream("/sim/" + stem + ".ptx")) {
                String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
                return PtxModule.parse(stem + ".ptx", text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 31, 32, 33, 64, 65, 255, 1000})
    void adds_two_tensors_of_any_size(int n) {
        try (Simulator gpu = add()) {
            float[] a = new float[n];
            float[] b = new float[n];
            for (int i = 0; i < n; i++) a[i] = i * 0.1f;
            for (int i = 0; i < n; i++) b[i] = 1e4f - i;
            long da = upload(gpu, a);
            long db = upload(gpu, b);
            long dy = gpu.allocate(4L * n);

            gpu.launch(ADD, Grid.of(3, 40), da, db, dy, n);

            float[] y = new float[n];
            gpu.download(dy, MemorySegment.ofArray(y));
            for (int i = 0; i < n; i++) assertThat(y[i]).isEqualTo(a[i] + b[i]);
        }
    }

    @Test
    void a_size_that_is_too_large_by_one_is_an_access_out_of_bounds() {
        try (Simulator gpu = add()) {
            long a = upload(gpu, new float[64]);
            long y = gpu.allocate(4 * 64);

            assertThatThrownBy(() -> gpu.launch(ADD, Grid.of(1, 96), a, a, y, 65))
                    .isInstanceOf(Fault.class)
                    .hasMessageMatching("elementwise.cu: elementwise_add: PTX line \\d+ \\(elementwise.cu:\\d+\\),"
                            + " block \\(0, 0, 0\\), thread 64: ld.global.f32 reads 4 bytes at 0x1000000100 of global"
                            + " memory \\(it is 0 bytes after the end of allocation 1 of 256 bytes at 0x1000000000\\),"
                            + " expected an address in it");
        }
    }

    @Test
    void arguments_must_fit_the_parameters() {
        try (Simulator gpu = add()) {
            assertThatThrownBy(() -> gpu.launch(ADD, Grid.of(1, 32), 1L, 2L, 3L))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("elementwise.cu: elementwise_add: 3 arguments, expected 4");
            assertThatThrownBy(() -> gpu.launch(ADD, Grid.of(1, 32), 1L, 2L, 3, 4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("elementwise.cu: elementwise_add: argument 2 is Integer of 4 bytes, expected 8"
                            + " (.u64 elementwise_add_param_2)");
        }
    }

    private static long upload(Simulator gpu, float[] values) {
        long address = gpu.allocate(4L * values.length);
        gpu.upload(MemorySegment.ofArray(values), address);
        return address;
    }
}
