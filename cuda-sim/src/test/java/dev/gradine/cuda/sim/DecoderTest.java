package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.PtxException;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Instructions are decoded before anything runs, and what is not known stops there.
final class DecoderTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            frobnicate.b32 %d, %a;         | frobnicate.b32: not known
            add.s32 %d, %a;                | add.s32: 2 operands, expected 3
            add.cc.u32 %d, %a, %b;         | add.cc.u32: modifier .cc is not known here
            add.s32 %d, %a, %wb;           | add.s32: %wb is b64, expected s32
            add.s32 %d, %a, %p0;           | add.s32: %p0 is pred, expected s32
            st.const.u32 [%wa], %d;        | st.const.u32: expected writable memory
            ld.global.u32 %d, %a;          | ld.global.u32: %a, expected [address]
            ld.shared.v3.u32 %d, [%a];     | ld.shared.v3.u32: modifier .v3 is not known here
            ld.shared.v2.u32 %d, [%a];     | ld.shared.v2.u32: 1 values, expected 2
            ld.shared.u32 %d, [l];         | ld.shared.u32: l is in LOCAL, expected SHARED
            ld.shared.u64 %d, [%a];        | ld.shared.u64: %d is b32, expected u64
            lop3.b32 %d, %a, %b, %c, 256;  | lop3.b32: table is 256, expected 0 to 255
            cp.async.cg.shared.global [%a], [%wa], 8; | cp.async.cg.shared.global: size is 8, expected 16
            mov.u32 %d, %smid;             | mov.u32: %smid is not known here
            cvt.rn.bf16.u8 %h0, %wa, 3;    | cvt.rn.bf16.u8: 3 operands, expected 2
            setp.foo.s32 %p0, %a, %b;      | setp.foo.s32: comparison .foo is not known for integers
            """)
    void what_is_not_known_is_named_with_its_line(String line, String message) {
        assertThatThrownBy(() -> Snippet.one(line))
                .isInstanceOf(PtxException.class)
                .hasMessage("snippet.ptx: line %d: %s".formatted(Snippet.linesBefore() + 1, message));
    }

    private static String text(String file) throws IOException {
        try (InputStream in = DecoderTest.class.getResourceAsStream("/sim/" + file)) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void a_damaged_text_is_refused_or_runs_and_nothing_else() throws IOException {
        String text = text("elementwise.ptx");
        int body = text.indexOf(".entry");
        assertThat(refused(text.substring(0, Math.min(text.length(), body + 6000)), body, Options.defaults()))
                .isGreaterThan(200);
        Options hopper = Options.defaults().withCapability(90);
        assertThat(refused(HopperKernels.PIPELINE, HopperKernels.PIPELINE.indexOf(".entry"), hopper))
                .isGreaterThan(200);
    }

    /// How many of 400 damaged texts are refused.
    private static int refused(String text, int body, Options options) {
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            StringBuilder damaged = new StringBuilder(text);
            int at = body + random.nextInt(damaged.length() - body);
            if (i % 2 == 0) damaged.delete(at, Math.min(damaged.length(), at + 1 + random.nextInt(5)));
            else damaged.setCharAt(at, "{}[]<>;:.,%@!|-+0f".charAt(random.nextInt(18)));
            if (i % 5 == 0) damaged.setLength(at);
            refused += refuses(damaged.toString(), options) ? 1 : 0;
        }
        return refused;
    }

    /// Anything but a success or an `IllegalArgumentException` fails the test.
    private static boolean refuses(String text, Options options) {
        try {
            PtxModule module = PtxModule.parse("damaged.ptx", text);
            for (Entry e : module.entries()) {
                Decoder.program(module, e, Map.of(), new Form.Shape(64, 2, 1, 1, 0), options);
            }
            return false;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("damaged.ptx");
            return true;
        }
    }

    @Test
    void a_kernel_that_is_not_there_is_named() {
        try (Simulator gpu = new Simulator()) {
            assertThatThrownBy(() -> gpu.launch(new Kernel("none", "none"), Grid.of(1, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("simulator: no none.ptx among the resources");
        }
    }
}
