package dev.gradine.train;

import dev.gradine.autograd.Param;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.io.Fingerprint;
import dev.gradine.io.Sha256;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.FromData;
import dev.gradine.tensor.Kernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What files held when a run began, so that one which resumes finds the same under the same names: SHA-256 digests.
final class Contents {

    private static final int SHOWN = 16;

    private Contents() {}

    /// Of the model's file, of the rows as tokens, and of an adapter that was trained before or began from them.
    static SequencedMap<String, Object> of(OpenModel model, AdapterSet adapted, List<List<LabelledTokens>> examples) {
        SequencedMap<String, Object> all = new LinkedHashMap<>();
        all.put("content of the model", Fingerprint.of(model.checkpoint()));
        all.put("content of the data", data(examples));
        if (adapted.wasTrained()) all.put("content of the adapter", adapter(adapted, model.run()));
        else if (beganFromData(adapted)) all.put("content of the beginning", adapter(adapted, model.run()));
        return all;
    }

    private static boolean beganFromData(AdapterSet adapted) {
        return adapted.method()
                .lowRank()
                .filter(lora -> lora.details().initLoraWeights() instanceof FromData)
                .isPresent();
    }

    private static String data(List<List<LabelledTokens>> examples) {
        Sha256 sha = new Sha256();
        for (List<LabelledTokens> example : examples) {
            for (LabelledTokens l : example) {
                sha.add(l.tokens());
                sha.add(l.ids());
                sha.add(l.tokens());
                sha.add(l.labels());
            }
        }
        return shown(sha);
    }

    /// Names and values.
    static String adapter(AdapterSet adapted, Kernels run) {
        Sha256 sha = new Sha256();
        for (Param p : adapted.params()) {
            sha.add(p.name());
            sha.add(run.download(p.value()));
        }
        return shown(sha);
    }

    private static String shown(Sha256 sha) {
        return sha.hex().substring(0, SHOWN);
    }
}
