package dev.gradine.peft;

import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.settings.Usual;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// LN tuning: whole copies of norms are trained and nothing else.
///
/// ```
/// y = x / rms(x) · w′        w′ starts as w, the checkpoint's
/// ```
///
/// Qi et al. 2022 (arXiv:2211.08682); Zhao et al. 2023 (arXiv:2312.11420) for models that chat. Merging puts w′ in the
/// place of w. A target may be any module, and then its weights are trained whole.
@Usual(
        from = 1e-5,
        to = 0.01,
        why = "few values, so they bear more than a LoRA's",
        source = "Zhao et al. 2023 (LN tuning)")
public record LnTuning() implements Method {

    private static final PeftFields FIELDS =
            PeftFields.with(Set.of("target_modules", "exclude_modules", "modules_to_save"));

    /// It has no options.
    public static LnTuning defaults() {
        return new LnTuning();
    }

    @Override
    public String peftType() {
        return "LN_TUNING";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Targets usualTargets() {
        return new Targets.OfFamily();
    }

    @Override
    public Map<String, List<String>> familyTargets() {
        return FamilyTargets.NORMS;
    }

    @Override
    public boolean copies(Weight weight, Selection where) {
        return where.adapts(weight.module());
    }

    @Override
    public String storedCopy(Weight weight) {
        return AdapterFolder.PREFIX + weight.module() + ".ln_tuning_layers"
                + weight.path().substring(weight.module().length());
    }

    @Override
    public boolean takes(Site site) {
        return false;
    }

    @Override
    public long parameters(Site site) {
        return 0;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        throw new IllegalStateException("ln-tuning: there is no adapter at " + site.path());
    }
}
