package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.sim.ptx.PtxModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A trace of a kernel of this test; those of shipped kernels are tested where the kernels are.
final class TraceTest {

    /// At the wait for the last but one product they are not.
    @Test
    void the_sums_of_a_warpgroup_show_when_they_are_waited_for() {
        List<String> lines = new ArrayList<>();
        PtxModule module = PtxModule.parse("hopper.ptx", HopperKernels.PIPELINE);
        float[] y = new float[64 * 64];
        Trace.run(
                "pipeline",
                new Trace.Window(0, 5, "wgmma", 200),
                _ -> module,
                gpu -> {
                    if (gpu.capability() < 90) return;
                    System.arraycopy(HopperTest.launch(gpu, 64, 64, 64), 0, y, 0, y.length);
                },
                lines::add);
        int at = lines.indexOf("     D, columns 0 to 7 of 64  [16 × 8]");
        assertThat(lines.get(at - 1)).endsWith("wgmma.wait_group.sync.aligned 0");
        double[][] d = matrix(lines, at + 1);
        for (int i = 0; i < 16; i++)
            for (int n = 0; n < 8; n++) assertThat(d[i][n]).isEqualTo(y[(16 + i) * 64 + n]);
    }

    private static double[][] matrix(List<String> lines, int from) {
        double[][] m = new double[16][];
        for (int i = 0; i < 16; i++) {
            String[] words = lines.get(from + i).strip().split(" +");
            m[i] = Arrays.stream(words).mapToDouble(Double::parseDouble).toArray();
        }
        return m;
    }
}
