package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Activated LoRA: low-rank adaptation of the tokens from an invocation on.
///
/// ```
/// y_t = W x_t + b + (t ≥ t₀ ? s · B A x_t : 0)
/// ```
///
/// Greenewald et al. 2025 (arXiv:2504.12397), section 3. t₀ is where the invocation tokens occur for the last time in
/// the sequence; a sequence without them is left as it is. Keys and values before t₀ are those of the base, so that a
/// cache of the base can be gone on with. In generation t₀ is found in the prompt. No weight computes the same, so
/// nothing can be merged.
///
/// @param lora options of the low-rank part
/// @param aloraInvocationTokens ids of the invocation
public record Alora(
        @Part Lora lora,

        @Option(
                says = "Tokens from whose last occurrence on a sequence is adapted.",
                label = "N",
                peft = "alora_invocation_tokens")
        List<Integer> aloraInvocationTokens)
        implements Method {

    private static final String FIELD = "alora_invocation_tokens";

    /// Over LoRA with its defaults, without an invocation yet.
    public static Alora defaults() {
        return new Alora(Lora.defaults(), List.of());
    }

    @Override
    public String peftType() {
        return lora.peftType();
    }

    @Override
    public Map<String, Object> marks() {
        return Map.of(FIELD, aloraInvocationTokens);
    }

    @Override
    public boolean claims(ConfigFields file) {
        return file.json().get(FIELD) instanceof Collection<?> c && !c.isEmpty();
    }

    @Override
    public LayerReplication replication() {
        return lora.replication();
    }

    @Override
    public PeftFields peftFields() {
        return lora.peftFields();
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        return lora.peftFields(model);
    }

    @Override
    public Optional<Lora> lowRank() {
        return Optional.of(lora);
    }

    @Override
    public Method over(Lora other) {
        return new Alora(other, aloraInvocationTokens);
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Linear;
    }

    @Override
    public long parameters(Site site) {
        return lora.parameters(site);
    }

    @Override
    public Beginning begins() {
        return lora.begins() == Beginning.SAME ? Beginning.ROUNDED : lora.begins(); // rows are multiplied in two parts
    }

    @Override
    public boolean merges() {
        return false;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        if (aloraInvocationTokens.isEmpty()) {
            throw new AdapterException("alora: alora-invocation-tokens is empty, expected the ids of an invocation");
        }
        LoraInit init = lora.details().initLoraWeights();
        if (init.changesBase()) {
            throw new AdapterException(("alora: init-lora-weights %s takes a part of the base, which tokens before the"
                            + " invocation need; expected one that leaves it")
                    .formatted(init));
        }
        LinearAdapter low = (LinearAdapter) lora.fresh(site, start);
        return new FromInvocation(low, new Invocation(aloraInvocationTokens, Invocation.IN_BATCH));
    }
}
