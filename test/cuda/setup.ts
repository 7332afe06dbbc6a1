import * as torch from "gradbook";
import { useCard } from "./useCard";

/* Before each file of the project "cuda": new tensors are made on a card. */

useCard();
torch.setDefaultDevice("cuda");
