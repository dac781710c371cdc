package dev.gradine.train;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Clipping;
import dev.gradine.optim.StepLoop;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `gradients.jsonl`: the norm of the gradient of each layer, before clipping, for those who look at a run.
///
/// ```
/// {"step":40,"layers.0":0.0121,"layers.1":0.0094,"lm_head":0.2113}
/// ‖g_l‖ = √ Σ over the trained tensors of layer l Σ g²
/// ```
///
/// It reads every gradient once more. Measuring takes at most one part in 200 of the time of the run: a
/// step that comes too soon is left out. The first measurement, with kernels that are cold, is not counted.
public final class LayerNorms implements StepLoop.Around {

    /// Name of the file in a run's folder.
    public static final String FILE = "gradients.jsonl";

    private static final int SHARE = 200;
    private static final Pattern LAYER = Pattern.compile("(?:^|\\.)(layers|h)\\.(\\d+)\\.");

    private final StepLoop.Around rest;
    private final SequencedMap<String, List<Param>> layers = new LinkedHashMap<>();
    private final Kernels run;
    private final Path out;
    private final List<StepLog> log = new ArrayList<>(); // once the run's folder is open
    private SequencedMap<String, Double> norms = new LinkedHashMap<>();
    private final long began = System.nanoTime();
    private boolean warm;
    private long spent; // nanoseconds, once warm

    /// @param rest what else acts around the updates
    /// @param params trained, by name
    /// @param out folder of the run
    LayerNorms(StepLoop.Around rest, Map<String, Param> params, Kernels run, Path out) {
        this.rest = rest;
        this.run = run;
        this.out = out;
        params.forEach((name, p) ->
                layers.computeIfAbsent(layer(name), _ -> new ArrayList<>()).add(p));
    }

    /// `base_model.model.model.layers.3.mlp.up_proj.lora_A.weight` is of `layers.3`; what is of no layer is
    /// of its module.
    static String layer(String name) {
        Matcher m = LAYER.matcher(name);
        if (m.find()) return m.group(1) + "." + m.group(2);
        String module = name.replaceFirst("^(base_model\\.model\\.)?(model\\.)?", "");
        int dot = module.indexOf('.');
        return dot < 0 ? module : module.substring(0, dot);
    }

    /// The run's folder is there.
    ///
    /// @param from steps taken
    void open(int from) {
        log.add(new StepLog(out.resolve(FILE), from));
    }

    @Override
    public void beforeUpdate(double gradScale) {
        long start = System.nanoTime();
        norms = new LinkedHashMap<>();
        if (SHARE * spent <= start - began) {
            layers.forEach((layer, params) -> norms.put(layer, Clipping.norm(params, run)));
            if (warm) spent += System.nanoTime() - start;
            warm = true;
        }
        rest.beforeUpdate(gradScale);
    }

    @Override
    public void afterUpdate(int step) {
        if (!norms.isEmpty()) log.forEach(l -> l.write(step, norms));
        rest.afterUpdate(step);
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return rest.state();
    }
}
