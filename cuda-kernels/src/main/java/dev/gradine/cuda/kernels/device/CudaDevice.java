package dev.gradine.cuda.kernels.device;

import dev.gradine.cuda.driver.Card;
import dev.gradine.cuda.driver.CardInfo;
import dev.gradine.cuda.driver.CuBlas;
import dev.gradine.cuda.driver.DeviceAbsentException;
import dev.gradine.cuda.driver.Driver;
import dev.gradine.cuda.driver.UserCache;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.cuda.kernels.check.Verified;
import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.GraphGpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

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
    public String note() {
        if (!whyMissing().isEmpty()) return "";
        CardInfo card = Driver.cards().getFirst();
        if (card.capability() != Card.HOPPER) return "";
        Predicate<Kernel> verified = verified(card.toString());
        long unknown = PtxFiles.hopper().stream().filter(verified.negate()).count();
        return unknown == 0
                ? ""
                : "%d of %d kernels for Hopper were not verified on %s: kernels for every card do their work until"
                                .formatted(unknown, PtxFiles.hopper().size(), card)
                        + " gradine gpu check has run here";
    }

    @Override
    public Kernels open(DeviceOptions options) {
        Card card = openCard();
        try {
            List<DenseGemm> vendor = options.vendorGemm() ? List.of(CuBlas.required(card)) : List.of();
            Gpu gpu = options.graphs() ? new GraphGpu(card) : card;
            return CudaKernels.open(gpu, options.dataType(), vendor);
        } catch (RuntimeException e) {
            card.close();
            throw e;
        }
    }

    /// The card alone, for who measures it. Kernels for Hopper may be chosen that the program says were verified on
    /// such a card, or that `gpu check` has verified on this machine.
    ///
    /// @throws DeviceAbsentException if there is none
    public Card openCard() {
        return open(CudaDevice::verified);
    }

    private static Predicate<Kernel> verified(String card) {
        List<Verified> known = List.of(Verified.shipped(), Verified.read(UserCache.file(Verified.FILE)));
        return kernel -> known.stream().anyMatch(v -> v.has(kernel, card));
    }

    /// The card alone, for who checks it: kernels for Hopper may be chosen that nobody has verified yet.
    ///
    /// @throws DeviceAbsentException if there is none
    public Card openToCheck() {
        return open(_ -> _ -> true);
    }

    private Card open(Function<String, Predicate<Kernel>> verified) {
        String why = whyMissing();
        if (!why.isEmpty()) throw new DeviceAbsentException(why);
        CardInfo first = Driver.cards().getFirst();
        return new Card(first, PtxFiles::text, verified.apply(first.toString()));
    }
}
