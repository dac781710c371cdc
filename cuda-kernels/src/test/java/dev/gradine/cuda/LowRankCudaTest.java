package dev.gradine.cuda;

import dev.gradine.cuda.check.KernelCase;
import dev.gradine.cuda.check.LowRankCases;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Low-rank layers from the shipped PTX.
class LowRankCudaTest {

    private static OnSimulator simulator;

    @BeforeAll
    static void open() {
        simulator = new OnSimulator();
    }

    @AfterAll
    static void close() {
        simulator.close();
    }

    static List<KernelCase> cases() {
        return LowRankCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_device_computes_what_the_cpu_does(KernelCase c) {
        simulator.check(c);
    }
}
