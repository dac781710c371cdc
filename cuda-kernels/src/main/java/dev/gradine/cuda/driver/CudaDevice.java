package dev.gradine.cuda.driver;

import dev.gradine.cuda.CudaKernels;
import dev.gradine.cuda.DenseGemm;
import dev.gradine.cuda.check.Verified;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// The first card that the driver lets this process see.
public final class CudaDevice implements Device {

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String whyMissing() {
        return Driver.whyMissing();
    }

    @Override
    public Kernels open(DeviceOptions options) {
        options.requireNoGraphs(name());
        Card card = openCard();
        try {
            List<DenseGemm> vendor = options.vendorGemm() ? List.of(CuBlas.required(card)) : List.of();
            return CudaKernels.open(card, options.dataType(), vendor);
        } catch (RuntimeException e) {
            card.close();
            throw e;
        }
    }

    /// The card alone, for who measures or checks it.
    ///
    /// @throws DeviceAbsentException if there is none
    public Card openCard() {
        String why = whyMissing();
        if (!why.isEmpty()) throw new DeviceAbsentException(why);
        CardInfo first = Driver.cards().getFirst();
        Verified verified = Verified.shipped();
        return new Card(first, sha256 -> verified.has(sha256, first.toString()));
    }
}
