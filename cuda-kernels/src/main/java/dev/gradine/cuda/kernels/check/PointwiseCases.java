package dev.gradine.cuda.kernels.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// The cases of every kernel but matrix products and attention, by the stem of its files.
public final class PointwiseCases {

    private static final Map<String, Supplier<List<KernelCase>>> BY_STEM = new LinkedHashMap<>();

    static {
        BY_STEM.put("elementwise", ElementwiseCases::all);
        BY_STEM.put("reduce", ReduceCases::all);
        BY_STEM.put("function", FunctionCases::all);
        BY_STEM.put("activation", ActivationCases::all);
        BY_STEM.put("rms_norm", RmsNormCases::all);
        BY_STEM.put("layer_norm", LayerNormCases::all);
        BY_STEM.put("group_norm", GroupNormCases::all);
        BY_STEM.put("conv2d", Conv2dCases::all);
        BY_STEM.put("upsample", UpsampleCases::all);
        BY_STEM.put("rope", RopeCases::all);
        BY_STEM.put("index_select", IndexSelectCases::all);
        BY_STEM.put("layout", LayoutCases::all);
        BY_STEM.put("log_prob", LogProbCases::all);
        BY_STEM.put("dropout", DropoutCases::all);
        BY_STEM.put("adamw", AdamWCases::all);
        BY_STEM.put("lion", LionCases::all);
        BY_STEM.put("block_codes", BlockCodesCases::all);
        BY_STEM.put("convert", ConvertCases::all);
        BY_STEM.put("nf4", Nf4Cases::all);
        BY_STEM.put("int8", Int8Cases::all);
        BY_STEM.put("softmax", SoftmaxCases::all);
        BY_STEM.put("kv_append", KvAppendCases::all);
        BY_STEM.put("sampling", SamplingCases::all);
    }

    private PointwiseCases() {}

    /// Stems of the `.cu` files.
    public static List<String> stems() {
        return List.copyOf(BY_STEM.keySet());
    }

    /// The cases of one stem.
    public static List<KernelCase> of(String stem) {
        Supplier<List<KernelCase>> cases = BY_STEM.get(stem);
        if (cases == null) {
            throw new IllegalArgumentException("cases: stem is %s, expected one of %s".formatted(stem, stems()));
        }
        return cases.get();
    }

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (String stem : stems()) all.addAll(of(stem));
        return all;
    }
}
