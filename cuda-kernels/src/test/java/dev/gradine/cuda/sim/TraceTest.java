package dev.gradine.cuda.sim;

import dev.gradine.cuda.CudaKernels;
import dev.gradine.cuda.Kernel;
import dev.gradine.cuda.check.MatMulCases;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TraceTest {
    @Test
    void shows() {
        List<String> lines = new ArrayList<>();
        Trace.run(
                new Kernel("mat_mul", "mat_mul_nt_bf16"),
                new Trace.Window(0, 0, "", 2000),
                gpu -> {
                    var k = CudaKernels.open(gpu);
                    for (var c : MatMulCases.all())
                        if (c.name().contains("nt")) {
                            System.out.println(c.name() + c.type());
                            c.outputs(k);
                        }
                },
                lines::add);
        lines.forEach(System.out::println);
    }
}
