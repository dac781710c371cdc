package dev.gradine.peft;

import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.settings.Usual;

/// Plain fine-tuning: whole copies of the weights of the targets are trained; without targets, of the whole model.
///
/// ```
/// W′ starts as W
/// ```
///
/// A head and an embedding that are one weight stay one if both are trained. PEFT has no such type: `merge` writes the
/// model folder.
@Usual(
        from = 1e-6,
        to = 0.0001,
        why = "all weights move, so each moves less: a tenth of a LoRA's",
        source = "TRL: 2e-5 for SFT, 1e-6 for DPO")
public record Full() implements Method {

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION);

    /// It has no options.
    public static Full defaults() {
        return new Full();
    }

    @Override
    public String peftType() {
        return "FULL";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public String note() {
        return "PEFT cannot read it: it has no plain fine-tuning; merge writes the model";
    }

    @Override
    public Targets usualTargets() {
        return Targets.regex(".*");
    }

    @Override
    public boolean copies(Weight weight, Selection where) {
        return where.adapts(weight.module());
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
        throw new IllegalStateException("full: there is no adapter at " + site.path());
    }
}
