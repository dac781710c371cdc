package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.check.AttentionCases.Layout;
import dev.gradine.cuda.sim.Approximation;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Schedule;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Attention for Hopper, from the shipped PTX, on a simulator of that generation against the CPU.
class AttentionHopperTest {

    private static final Options HOPPER = Options.defaults().withCapability(90);
    private static final String STEM = "attention.sm_90a";

    static List<KernelCase> cases() {
        return AttentionCases.hopper();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_simulator_agrees_with_the_cpu(KernelCase c) {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        try (Kernels device = CudaKernels.open(new WatchedGpu(new Simulator(HOPPER), true, launches));
                Kernels cpu = CpuKernels.open()) {
            List<float[]> got = c.outputs(device);
            List<float[]> expected = c.expected(cpu);
            assertThat(c.error(got, expected)).isLessThanOrEqualTo(1);
            for (float[] output : got) for (int i = 0; i < output.length; i++) output[i] *= 1.01f;
            assertThat(c.error(got, expected)).as("a 1 %% error").isGreaterThan(1);
        }
        assertThat(launches.take().get(STEM)).hasSizeGreaterThan(0);
    }

    @Test
    void every_entry_has_a_case() {
        Set<String> named = new TreeSet<>();
        for (KernelCase c : cases()) {
            String size = c.name().replaceFirst(".* size ", "");
            if (c.name().startsWith("attention_forward")) named.add("attention_forward_hopper_bf16_d" + size);
            else
                for (String pass : List.of("q", "kv"))
                    named.add("attention_backward_" + pass + "_hopper_bf16_d" + size);
        }
        Set<String> entries = new TreeSet<>();
        for (Entry e : Simulator.shipped(STEM).entries()) entries.add(e.name());
        assertThat(named).containsAll(entries);
    }

    @ParameterizedTest
    @EnumSource(names = {"ABOVE", "BELOW"})
    void approximations_may_err_as_far_as_they_are_allowed(Approximation approximation) {
        try (Kernels device = CudaKernels.open(new Simulator(HOPPER.with(approximation)));
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : List.of(cases().get(4), cases().getLast())) {
                assertThat(c.error(device, cpu)).as(c.toString()).isLessThanOrEqualTo(1);
            }
        }
    }

    /// Forward and backward, of several heads.
    @ParameterizedTest
    @ValueSource(ints = {5, 8})
    void neither_the_order_of_warps_nor_the_number_of_blocks_changes_a_bit(int which) {
        KernelCase c = cases().get(which);
        Simulator random = new Simulator(HOPPER.with(Schedule.random(7)));
        try (Kernels first = CudaKernels.open(new Simulator(HOPPER));
                Kernels second = CudaKernels.open(withMultiprocessors(3, random))) {
            assertThat(c.outputs(second)).usingRecursiveComparison().isEqualTo(c.outputs(first));
        }
    }

    private static Gpu withMultiprocessors(int count, Gpu gpu) {
        return (Gpu) Proxy.newProxyInstance(
                Gpu.class.getClassLoader(),
                new Class<?>[] {Gpu.class},
                (_, method, arguments) ->
                        method.getName().equals("multiprocessors") ? count : method.invoke(gpu, arguments));
    }

    /// Their rows are copied with those of a sequence that ends before a tile does.
    @ParameterizedTest
    @ValueSource(ints = {64, 128})
    void what_is_no_number_stays_in_its_sequence(int headDim) {
        try (Kernels device = CudaKernels.open(new Simulator(HOPPER));
                Kernels cpu = CpuKernels.open()) {
            assertThat(poisoned(headDim).error(device, cpu)).isLessThanOrEqualTo(1);
        }
    }

    /// Two sequences, of which the second has inputs that are not numbers: y and lse, then dq, dk and dv.
    private static KernelCase poisoned(int headDim) {
        AttentionSpec h = AttentionSpec.causal(1, 1, headDim, 0.1f);
        Sequences s = Sequences.packed(0, 30, 60);
        return KernelCase.of("poisoned", DType.BF16, 0x1p-6, in -> {
            List<Tensor> inputs =
                    Stream.generate(() -> poison(in, headDim)).limit(5).toList();
            List<Tensor> outputs =
                    Stream.generate(() -> in.out(60, headDim)).limit(4).toList();
            Tensor q = inputs.get(0);
            Tensor k = inputs.get(1);
            Tensor v = inputs.get(2);
            Tensor y = outputs.get(0);
            Tensor lse = in.outSingle(60, 1);
            AttentionKernel attention = in.kernels().attention();
            attention.forward(q, k, v, h, s, y, lse);
            Upstream up = new Upstream(inputs.get(3), inputs.get(4), lse);
            attention.backward(up, q, k, v, h, s, outputs.get(1), outputs.get(2), outputs.get(3));
            return Stream.concat(outputs.stream(), Stream.of(lse)).toList();
        });
    }

    private static Tensor poison(Inputs in, int headDim) {
        float[] x = new float[60 * headDim];
        Arrays.fill(x, 0, 30 * headDim, 0.25f);
        Arrays.fill(x, 30 * headDim, 40 * headDim, Float.NaN);
        Arrays.fill(x, 40 * headDim, 60 * headDim, Float.POSITIVE_INFINITY);
        return in.data(Shape.of(60, headDim), x);
    }

    @Test
    void other_gpus_take_the_kernels_for_all() {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        Gpu older = new WatchedGpu(new Simulator(), true, launches);
        try (Kernels device = CudaKernels.open(older)) {
            var _ = AttentionCases.all().getLast().outputs(device);
        }
        assertThat(launches.take()).containsOnlyKeys("attention");
    }

    /// Its copies bring rows that follow one another.
    @Test
    void keys_in_pages_apart_take_the_kernels_for_all() {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        try (Kernels device = CudaKernels.open(new WatchedGpu(new Simulator(HOPPER), true, launches));
                Kernels cpu = CpuKernels.open()) {
            assertThat(AttentionPageCases.apart().error(device, cpu)).isLessThanOrEqualTo(1);
        }
        assertThat(launches.take()).containsOnlyKeys("attention");
    }

    static List<AttentionSpec> others() {
        AttentionSpec causal = AttentionCases.heads(1, 1, 64);
        return List.of(causal.with(new Mask.Window(50)), causal.with(new Mask.Full()), causal.withSoftCap(2));
    }

    /// There, too, the result is the CPU's.
    @ParameterizedTest
    @MethodSource("others")
    void masks_and_caps_that_it_does_not_compute_take_the_kernels_for_all(AttentionSpec spec) {
        Layout layout = new Layout("150", Sequences.packed(0, 150));
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        try (Kernels device = CudaKernels.open(new WatchedGpu(new Simulator(HOPPER), true, launches));
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : List.of(
                    AttentionCases.forward(layout, DType.BF16, spec),
                    AttentionCases.backward(layout, DType.BF16, spec))) {
                assertThat(c.error(device, cpu)).isLessThanOrEqualTo(1);
            }
        }
        Map<String, Set<String>> taken = launches.take();
        assertThat(taken).containsOnlyKeys("attention");
        assertThat(taken.get("attention"))
                .filteredOn(entry -> !entry.contains("delta"))
                .allMatch(entry -> entry.endsWith("_d64") == (spec.softCap() == 0), "tensor cores without a cap");
    }
}
